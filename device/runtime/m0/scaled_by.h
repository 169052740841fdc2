/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M0_SCALED_BY_H
#define INTEGRAD_M0_SCALED_BY_H

/*
 * value / divisor, for value < 256 * divisor. The product with the factor fits in 32 bits and
 * yields the quotient or one less.
 */
static inline uint32_t integrad_quotient(uint32_t value,
                                         const struct integrad_reciprocal *reciprocal) {
    const uint32_t quotient = (value >> reciprocal->shift) * reciprocal->factor >> 24;
    return quotient + (value - quotient * reciprocal->divisor >= reciprocal->divisor);
}

/* A sum of products scaled to an activation: z / scale, saturated to +-127. */
static inline int8_t integrad_scaled_by(int32_t z, const struct integrad_reciprocal *scale) {
    const uint32_t magnitude = z < 0 ? 0u - (uint32_t)z : (uint32_t)z;
    int32_t quotient = 127;
    if (magnitude >> 7 < scale->divisor) {
        quotient = (int32_t)integrad_quotient(magnitude, scale);
    }
    return (int8_t)(z < 0 ? -quotient : quotient);
}

#endif
