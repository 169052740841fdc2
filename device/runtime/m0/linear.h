/* SPDX-License-Identifier: Apache-2.0 */
/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale) {
    struct integrad_reciprocal reciprocal;
    integrad_reciprocal(&reciprocal, (uint32_t)scale);
    integrad_linear_by(s, step, w, x, outs, n, &reciprocal);
}
