/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights of 16 bits, 256 * weights + fraction: gradient / 2^shift,
 * rounded to the nearest. A negative shift, of which at most 15 counts, multiplies. The results are
 * saturated to +-32512, and split so that the fraction is between -128 and 127.
 */
INTEGRAD_KERNEL void integrad_update_master(int8_t *weights, int8_t *fraction,
                                            const int32_t *gradient, size_t n, int shift) {
    const int32_t factor = (int32_t)1 << (shift >= 0 ? 0 : shift > -15 ? -shift : 15);
    for (size_t i = 0; i < n; i++) {
        const int32_t step = integrad_clip(integrad_rdiv2(gradient[i], shift), 65024) * factor;
        const int32_t old = (int32_t)256 * weights[i] + fraction[i];
        const int32_t master = integrad_clip(old - step, 32512);
        const int32_t weight = (master + 32896) / 256 - 128; /* of what is positive: rounded down */
        weights[i] = (int8_t)weight;
        fraction[i] = (int8_t)(master - 256 * weight);
    }
}
