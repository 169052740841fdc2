/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reciprocal of a divisor from 2 to 2^31 - 1. bits: 32, for an unsigned factor and magnitudes
 * below 2^31, or 31, for signed values of up to 30 bits and divisors above 2. Quotients of the
 * latter are rounded down, so that negative ones are too small by 1.
 */
INTEGRAD_KERNEL struct integrad_reciprocal integrad_reciprocal(int32_t divisor, int bits) {
    const uint32_t d = (uint32_t)divisor;
    const int power = 31 - __builtin_clz(d - 1); /* 2^power < divisor <= 2^(power + 1) */
    const int room = __builtin_clz(d);
    uint32_t left = (uint32_t)1 << power, factor = 0;
    for (int rest = bits; rest > 0; rest -= room) { /* a long division, `room` bits at a time */
        const int digit = rest < room ? rest : room;
        left <<= digit;
        factor = (factor << digit) | left / d;
        left %= d;
    }
    const struct integrad_reciprocal reciprocal = {(int32_t)(factor + 1), 32 - bits - power};
    return reciprocal;
}
