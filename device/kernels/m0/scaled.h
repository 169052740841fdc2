/* What it takes to divide by `divisor` without a divider: factor = 2^(24 + shift) / divisor. */
struct integrad_reciprocal {
    uint32_t divisor, shift, factor;
};

static void integrad_reciprocal(struct integrad_reciprocal *reciprocal, uint32_t divisor) {
    uint32_t shift = 0, factor = 0;
    while (divisor >> shift > 255) {
        shift++;
    }
    uint32_t left = (uint32_t)1 << shift;
    for (int bit = 0; bit <= 24; bit++) {
        factor <<= 1;
        if (left >= divisor) {
            left -= divisor;
            factor++;
        }
        left <<= 1;
    }
    reciprocal->divisor = divisor;
    reciprocal->shift = shift;
    reciprocal->factor = factor;
}

/* value / divisor, for value < 256 * divisor. The product with the factor fits 32 bits and gives
 * the quotient or one less. */
static inline uint32_t integrad_quotient(uint32_t value,
                                         const struct integrad_reciprocal *reciprocal) {
    const uint32_t quotient = (value >> reciprocal->shift) * reciprocal->factor >> 24;
    return quotient + (value - quotient * reciprocal->divisor >= reciprocal->divisor);
}

/* A sum of products as an activation: z / scale, saturated to +-127. */
static inline int8_t integrad_scaled(int32_t z, const struct integrad_reciprocal *scale) {
    const uint32_t magnitude = z < 0 ? 0u - (uint32_t)z : (uint32_t)z;
    int32_t quotient = 127;
    if (magnitude >> 7 < scale->divisor) {
        quotient = (int32_t)integrad_quotient(magnitude, scale);
    }
    return (int8_t)(z < 0 ? -quotient : quotient);
}
