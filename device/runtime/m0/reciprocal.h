/* SPDX-License-Identifier: Apache-2.0 */
INTEGRAD_KERNEL void integrad_reciprocal(struct integrad_reciprocal *reciprocal, uint32_t divisor) {
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
