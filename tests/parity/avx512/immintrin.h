/*
 * The AVX-512 that the native engine uses, in portable C after the instruction set's reference, on
 * top of the real AVX2: so that its 512-bit arrangement of lanes is tested on any AVX2 processor.
 */
#ifndef EMULATED_AVX512_H
#define EMULATED_AVX512_H

/* The real header asks for the instructions itself where a processor is said to lack them. */
#undef __AVX512BW__
#include_next <immintrin.h>
#define __AVX512BW__ 1

#include <stdint.h>
#include <string.h>

typedef union {
    int16_t words[32];
    int32_t doubles[16];
    __m256i halves[2];
} emulated;

#define __m512i emulated
/* No register holds one of these. */
#define __asm__
#define volatile(...) ((void)0)

#define _mm512_setzero_si512 emulated_setzero
#define _mm512_loadu_si512 emulated_load
#define _mm512_storeu_si512 emulated_store
#define _mm512_set1_epi32 emulated_repeat
#define _mm512_add_epi32 emulated_add
#define _mm512_srai_epi32 emulated_shift_right
#define _mm512_and_si512 emulated_and
#define _mm512_madd_epi16 emulated_madd
#define _mm512_dpwssd_epi32 emulated_dpwssd
#define _mm512_castsi512_si256 emulated_low_half
#define _mm512_extracti64x4_epi64 emulated_half
#define _mm512_unpacklo_epi16 emulated_unpack_low
#define _mm512_unpackhi_epi16 emulated_unpack_high
#define _mm512_setr_epi32(...) ((emulated){.doubles = {__VA_ARGS__}})
#define _mm512_permutex2var_epi32 emulated_permute

static inline emulated emulated_setzero(void) {
    return (emulated){{0}};
}
static inline emulated emulated_load(const void *from) {
    emulated a;
    memcpy(&a, from, sizeof a);
    return a;
}
static inline void emulated_store(void *to, emulated a) {
    memcpy(to, &a, sizeof a);
}
static inline emulated emulated_repeat(int32_t value) {
    emulated a;
    for (int i = 0; i < 16; i++) {
        a.doubles[i] = value;
    }
    return a;
}
static inline emulated emulated_add(emulated a, emulated b) {
    for (int i = 0; i < 16; i++) {
        a.doubles[i] += b.doubles[i];
    }
    return a;
}
static inline emulated emulated_shift_right(emulated a, int count) {
    for (int i = 0; i < 16; i++) {
        a.doubles[i] >>= count;
    }
    return a;
}
static inline emulated emulated_and(emulated a, emulated b) {
    for (int i = 0; i < 16; i++) {
        a.doubles[i] &= b.doubles[i];
    }
    return a;
}
static inline emulated emulated_madd(emulated a, emulated b) {
    emulated sums;
    for (int i = 0; i < 16; i++) {
        sums.doubles[i] = a.words[2 * i] * b.words[2 * i] + a.words[2 * i + 1] * b.words[2 * i + 1];
    }
    return sums;
}
static inline emulated emulated_dpwssd(emulated sum, emulated a, emulated b) {
    return emulated_add(sum, emulated_madd(a, b));
}
static inline __m256i emulated_low_half(emulated a) {
    return a.halves[0];
}
static inline __m256i emulated_half(emulated a, int half) {
    return a.halves[half];
}
/* Four words of every 128 bits, from `start` on, those of a and b in turn. */
static inline emulated emulated_unpack(emulated a, emulated b, int start) {
    emulated out;
    for (int lane = 0; lane < 32; lane += 8) {
        for (int i = 0; i < 4; i++) {
            out.words[lane + 2 * i] = a.words[lane + start + i];
            out.words[lane + 2 * i + 1] = b.words[lane + start + i];
        }
    }
    return out;
}
static inline emulated emulated_unpack_low(emulated a, emulated b) {
    return emulated_unpack(a, b, 0);
}
static inline emulated emulated_unpack_high(emulated a, emulated b) {
    return emulated_unpack(a, b, 4);
}
/* Bit 4 of an index selects b, the bits below it the element. */
static inline emulated emulated_permute(emulated a, emulated index, emulated b) {
    emulated out;
    for (int i = 0; i < 16; i++) {
        const emulated *from = index.doubles[i] & 16 ? &b : &a;
        out.doubles[i] = from->doubles[index.doubles[i] & 15];
    }
    return out;
}

#endif
