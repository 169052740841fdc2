/* SPDX-License-Identifier: Apache-2.0 */
/* Divisions by powers of two, 2^shift. Shifts of 0 and less divide by 1, those of 31 and more
 * result in 0. */
#ifndef INTEGRAD_ROUNDING_H
#define INTEGRAD_ROUNDING_H

#include <stdint.h>

/* To the nearest integer; halves are rounded away from zero. */
static inline int32_t integrad_rdiv2(int32_t value, int shift) {
    if (shift <= 0 || shift > 30) {
        return shift <= 0 ? value : 0;
    }
    const uint32_t half = (uint32_t)1 << (shift - 1);
    const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    const int32_t quotient = (int32_t)((size + half) >> shift);
    return value < 0 ? -quotient : quotient;
}

/*
 * Pseudo-stochastic: the fraction is rounded up if its upper half exceeds its lower half, which
 * serves as the random number.
 */
static inline int32_t integrad_psto(int32_t value, int shift) {
    if (shift <= 0 || shift > 30) {
        return shift <= 0 ? value : 0;
    }
    const int half = shift / 2;
    const uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    const uint32_t fraction = size & (((uint32_t)1 << shift) - 1);
    const uint32_t random = (fraction & (((uint32_t)1 << half) - 1)) << (shift & 1);
    const int32_t quotient = (int32_t)((size >> shift) + ((fraction >> half) > random));
    return value < 0 ? -quotient : quotient;
}

#endif
