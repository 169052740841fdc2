/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights of 16 bits, 256 * weights + fraction: gradient / 2^shift,
 * rounded to the nearest. A negative shift, of which at most 15 counts, multiplies. The results are
 * saturated to +-32512, and split so that the fraction is between -128 and 127.
 */
INTEGRAD_KERNEL void integrad_update_master(int8_t *weights, int8_t *fraction,
                                            const int32_t *gradient, size_t n, int shift) {
    if (shift <= 0) {
        integrad_multiply_master(weights, fraction, gradient, n, shift);
    }
    if (shift <= 0 || shift > 30 || n == 0) {
        return;
    }
    for (const int32_t *const end = gradient + n; gradient != end; weights++, fraction++) {
        int32_t value = *gradient++;
        value += value >> 31; /* so that halves are rounded away from zero */
        value = (value >> shift) + (value >> (shift - 1) & 1);
        int32_t master = *weights * 256 + *fraction - value;
        if (master > 32512) {
            master = 32512;
        } else if (master < -32512) {
            master = -32512;
        }
        *fraction = (int8_t)master;
        *weights = (int8_t)((master + 128) >> 8);
    }
}
