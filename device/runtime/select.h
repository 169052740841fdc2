/*
 * Which variants of the kernels are compiled: what the compiler says about the core decides, so
 * that one folder serves every core and no core gets instructions that it lacks. Every variant
 * gives the same bits; `portable` is the specification of the others.
 *
 *   INTEGRAD_HAS_MVE   Cortex-M with vectors of integers, such as M55
 *   INTEGRAD_HAS_DSP   Cortex-M with two 16-bit products at once: M4, M7, M33, M55
 *   INTEGRAD_HAS_M3    Cortex-M with Thumb-2: M3 and all of the above
 *   INTEGRAD_HAS_M0    Cortex-M with Thumb-1 alone: M0, M0+, M23
 *
 * Where none is 1, the portable variants are compiled. Defining INTEGRAD_PORTABLE forces that;
 * defining INTEGRAD_SMALL passes over variants that are long for what they save.
 */
#ifndef INTEGRAD_SELECT_H
#define INTEGRAD_SELECT_H

/* The variants are written in the assembly language of GCC and Clang, for little-endian cores. */
#if defined(__GNUC__) && defined(__ARM_ARCH_PROFILE) && !defined(__ARM_BIG_ENDIAN) &&              \
    !defined(INTEGRAD_PORTABLE)
#if __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2
#define INTEGRAD_HAS_M3 1
#elif __ARM_ARCH_PROFILE == 'M'
#define INTEGRAD_HAS_M0 1
#endif
#endif

#ifndef INTEGRAD_HAS_M3
#define INTEGRAD_HAS_M3 0
#endif

#ifndef INTEGRAD_HAS_M0
#define INTEGRAD_HAS_M0 0
#endif

#if INTEGRAD_HAS_M3 && defined(__ARM_FEATURE_DSP)
#define INTEGRAD_HAS_DSP 1
#else
#define INTEGRAD_HAS_DSP 0
#endif

#if INTEGRAD_HAS_DSP && defined(__ARM_FEATURE_MVE)
#define INTEGRAD_HAS_MVE (__ARM_FEATURE_MVE & 1)
#else
#define INTEGRAD_HAS_MVE 0
#endif

#endif
