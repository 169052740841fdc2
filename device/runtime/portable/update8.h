/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights: gradient / 2^shift, rounded pseudo-stochastically. A negative
 * shift, of which at most 15 counts, multiplies. Weights are saturated to +-127.
 */
INTEGRAD_KERNEL void integrad_update8(int8_t *weights, const int32_t *gradient, size_t n,
                                      int shift) {
    const int32_t factor = (int32_t)1 << (shift >= 0 ? 0 : shift > -15 ? -shift : 15);
    for (size_t i = 0; i < n; i++) {
        const int32_t step = integrad_clip(integrad_psto(gradient[i], shift), 254) * factor;
        weights[i] = (int8_t)integrad_clip(weights[i] - step, 127);
    }
}
