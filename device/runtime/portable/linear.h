/* SPDX-License-Identifier: Apache-2.0 */
/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale) {
    for (size_t o = 0; o < outs; o++) {
        int32_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += (int32_t)w[i] * x[i];
        }
        s[o * step] = integrad_scaled(z, scale);
        w += n;
    }
}
