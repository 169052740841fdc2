/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selection of the kernel variants. Predefined macros of the compiler describe the core, so that
 * one folder serves all cores and no core gets instructions that it does not have. All variants
 * compute the same bits; `portable` is the specification of the others.
 *
 * INTEGRAD_HAS_MVE   Cortex-M with integer vectors, such as M55
 * INTEGRAD_HAS_DSP   Cortex-M with paired 16-bit multiplication: M4, M7, M33, M55
 * INTEGRAD_HAS_M3    Cortex-M with Thumb-2: M3 and all of the above
 * INTEGRAD_HAS_M0    Cortex-M with Thumb-1 only: M0, M0+, M23
 *
 * If none of them is 1, the portable variants are compiled. INTEGRAD_PORTABLE can be defined to
 * force this, and INTEGRAD_SMALL to skip variants that are long compared with what they save.
 */
#ifndef INTEGRAD_SELECT_H
#define INTEGRAD_SELECT_H

/* The variants use inline assembly of GCC and Clang, for little-endian cores. */
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
