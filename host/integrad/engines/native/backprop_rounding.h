/* Divisions by powers of two. */
#ifndef INTEGRAD_BACKPROP_ROUNDING_H
#define INTEGRAD_BACKPROP_ROUNDING_H

#include <stdint.h>

enum { ALL_BITS = 31 };

static inline uint32_t magnitude_of(int32_t a) {
    return a < 0 ? 0u - (uint32_t)a : (uint32_t)a;
}

static inline int32_t with_sign(uint32_t magnitude, int32_t a) {
    return a < 0 ? -(int32_t)magnitude : (int32_t)magnitude;
}

/* Half of the divisor 2^shift, shift <= 30. */
static inline uint32_t half_of(int32_t shift) {
    return shift > 0 ? 1u << (shift - 1) : 0;
}

/* a / 2^shift, half away from zero; 0 for shifts of 31 and more. */
static inline int32_t rounded_shift(int32_t a, int32_t shift) {
    if (shift >= ALL_BITS) {
        return 0;
    }
    return shift <= 0 ? a : with_sign((magnitude_of(a) + half_of(shift)) >> shift, a);
}

/* a / 2^shift for shifts from 1 to 30, rounded pseudo-stochastically: the low half of the fraction
 * is the random number that the high half is compared with. */
static inline int32_t pseudo_stochastic_shift(int32_t a, int32_t shift) {
    const uint32_t m = magnitude_of(a), fraction = m & ((1u << shift) - 1);
    const int32_t half = shift / 2;
    const uint32_t random = (fraction & ((1u << half) - 1)) << (shift & 1);
    return with_sign((m >> shift) + ((fraction >> half) > random), a);
}

/* ceil(log2(m)), 0 for m <= 1. */
static inline int32_t bit_width_of(uint32_t m) {
    return m <= 1 ? 0 : 32 - __builtin_clz(m - 1);
}

/* a / leak, truncated, for a leak that is a power of two; 0 for leak 0. */
static inline int32_t leaked(int32_t a, int32_t leak) {
    return leak ? (a + (a < 0 ? leak - 1 : 0)) >> __builtin_ctz((uint32_t)leak) : 0;
}

#endif
