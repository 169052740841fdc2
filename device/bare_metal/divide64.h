/* Division of 64-bit numbers, for compilers that come without it (clang, zig).
 *
 * Division by zero gives quotient 0 and the dividend as remainder.
 */
#ifndef INTEGRAD_DIVIDE64_H
#define INTEGRAD_DIVIDE64_H

#include <stdint.h>

static uint64_t divide64(uint64_t numerator, uint64_t denominator, uint64_t *remainder) {
    uint64_t quotient = 0;
    uint64_t bit = denominator == 0 ? 0 : 1;
    while (bit != 0 && denominator < numerator && (denominator >> 63) == 0) {
        denominator <<= 1;
        bit <<= 1;
    }
    for (; bit != 0; bit >>= 1, denominator >>= 1) {
        if (numerator >= denominator) {
            numerator -= denominator;
            quotient |= bit;
        }
    }
    *remainder = numerator;
    return quotient;
}

static uint64_t magnitude64(int64_t value) {
    return value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
}

#endif
