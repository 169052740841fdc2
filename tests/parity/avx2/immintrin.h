/*
 * What gcc's header of this name includes for AVX2. All of it, most of which is about AVX-512,
 * takes a compiler half a second for each file of the native engine.
 */
#ifndef ONLY_AVX2_H
#define ONLY_AVX2_H

#if defined(__AVX512F__)
#include_next <immintrin.h>
#else

/* Without it, the others refuse to be included. */
#define _IMMINTRIN_H_INCLUDED

#include <mmintrin.h>

#include <xmmintrin.h>

#include <emmintrin.h>

#include <pmmintrin.h>

#include <tmmintrin.h>

#include <smmintrin.h>

#include <avxintrin.h>

#include <avx2intrin.h>

#endif
#endif
