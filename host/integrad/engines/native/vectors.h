/*
 * Vectors of 16-bit integers that are multiplied in pairs and summed in 32 bits: with instructions
 * of AVX-512 (with or without VNNI) or AVX2, and in portable GNU C for other processors.
 *
 * LANES: number of 16-bit integers in a vector. The products are exact if the 32-bit sums do not
 * overflow, which callers must prove.
 */
#ifndef INTEGRAD_VECTORS_H
#define INTEGRAD_VECTORS_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)

#include <immintrin.h>

enum { LANES = 32 };
typedef __m512i vector;

static inline vector vector_zero(void) {
    return _mm512_setzero_si512();
}
static inline vector vector_load(const int16_t *from) {
    return _mm512_loadu_si512(from);
}
static inline vector vector_repeat(int32_t pair) {
    return _mm512_set1_epi32(pair);
}

/* sum + a[2i] * b[2i] + a[2i + 1] * b[2i + 1] in every 32-bit lane i. */
static inline vector vector_multiply_add(vector sum, vector a, vector b) {
#if defined(__AVX512VNNI__)
    return _mm512_dpwssd_epi32(sum, a, b);
#else
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
#endif
}

/* A 32-bit lane is its high part times 65536 plus its low part, which is not negative. */
static inline vector vector_high(vector a) {
    return _mm512_srai_epi32(a, 16);
}
static inline vector vector_low(vector a) {
    return _mm512_and_si512(a, _mm512_set1_epi32(0xffff));
}

static inline __m256i vector_half(vector a) {
    return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}

/* Pairs (a[i], b[i]) in an order of lanes that vector_store_pairs reverses. */
static inline vector vector_first_pairs(vector a, vector b) {
    return _mm512_unpacklo_epi16(a, b);
}
static inline vector vector_second_pairs(vector a, vector b) {
    return _mm512_unpackhi_epi16(a, b);
}

/* out: LANES sums, one per pair, in the order of the elements. */
static inline void vector_store_pairs(int32_t *out, vector first, vector second) {
    const vector low = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const vector high =
        _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    _mm512_storeu_si512(out, _mm512_permutex2var_epi32(first, low, second));
    _mm512_storeu_si512(out + 16, _mm512_permutex2var_epi32(first, high, second));
}

static inline void vector_store(int32_t *out, vector a) {
    _mm512_storeu_si512(out, a);
}

#elif defined(__AVX2__)

#include <immintrin.h>

enum { LANES = 16 };
typedef __m256i vector;

static inline vector vector_zero(void) {
    return _mm256_setzero_si256();
}
static inline vector vector_load(const int16_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}
static inline vector vector_repeat(int32_t pair) {
    return _mm256_set1_epi32(pair);
}
static inline vector vector_multiply_add(vector sum, vector a, vector b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}
static inline vector vector_high(vector a) {
    return _mm256_srai_epi32(a, 16);
}
static inline vector vector_low(vector a) {
    return _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
}
static inline __m256i vector_half(vector a) {
    return a;
}
static inline vector vector_first_pairs(vector a, vector b) {
    return _mm256_unpacklo_epi16(a, b);
}
static inline vector vector_second_pairs(vector a, vector b) {
    return _mm256_unpackhi_epi16(a, b);
}
static inline void vector_store_pairs(int32_t *out, vector first, vector second) {
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permute2x128_si256(first, second, 0x20));
    _mm256_storeu_si256((__m256i *)(void *)(out + 8),
                        _mm256_permute2x128_si256(first, second, 0x31));
}
static inline void vector_store(int32_t *out, vector a) {
    _mm256_storeu_si256((__m256i *)(void *)out, a);
}

#else

enum { LANES = 16 };
typedef int32_t vector __attribute__((vector_size(32)));

static inline vector vector_zero(void) {
    return (vector){0};
}
static inline vector vector_load(const int16_t *from) {
    vector a;
    memcpy(&a, from, sizeof a);
    return a;
}
static inline vector vector_repeat(int32_t pair) {
    return pair - (vector){0};
}
static inline vector vector_multiply_add(vector sum, vector a, vector b) {
    return sum + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
}
static inline vector vector_high(vector a) {
    return a >> 16;
}
static inline vector vector_low(vector a) {
    return a & 0xffff;
}
static inline vector vector_first_pairs(vector a, vector b) {
    return (a & 0xffff) | (b << 16);
}
static inline vector vector_second_pairs(vector a, vector b) {
    return ((a >> 16) & 0xffff) | ((b >> 16) << 16);
}
static inline void vector_store_pairs(int32_t *out, vector first, vector second) {
    for (int i = 0; i < LANES / 2; i++) {
        out[2 * i] = first[i];
        out[2 * i + 1] = second[i];
    }
}
static inline void vector_store(int32_t *out, vector a) {
    memcpy(out, &a, sizeof a);
}

#endif

/* Keeps a vector in a register and in this place of a sequence of others: a compiler might load it
 * again for each use, or load so many in advance that sums no longer fit in registers. */
static inline vector vector_hold(vector a) {
#if defined(__AVX512BW__)
    __asm__ volatile("" : "+v"(a));
#elif defined(__AVX2__)
    __asm__ volatile("" : "+x"(a));
#endif
    return a;
}

/* out: the sums over the lanes of four vectors. */
static inline void vector_sums(int32_t out[4], vector a, vector b, vector c, vector d) {
#if defined(__AVX2__)
    const __m256i ab = _mm256_hadd_epi32(vector_half(a), vector_half(b));
    const __m256i cd = _mm256_hadd_epi32(vector_half(c), vector_half(d));
    const __m256i abcd = _mm256_hadd_epi32(ab, cd);
    const __m128i sums =
        _mm_add_epi32(_mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
    _mm_storeu_si128((__m128i *)(void *)out, sums);
#else
    out[0] = out[1] = out[2] = out[3] = 0;
    for (int i = 0; i < LANES / 2; i++) {
        out[0] += a[i];
        out[1] += b[i];
        out[2] += c[i];
        out[3] += d[i];
    }
#endif
}

/* n rounded up to whole vectors. */
static inline int32_t whole_vectors(int32_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

#endif
