/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrad_linear for two vectors: the second one starts at the next even index after the n values
 * of x; its results are s[o * step + 1].
 */
static void integrad_linear2(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                             size_t outs, size_t n, int32_t scale) {
    integrad_linear(s, step, w, x, outs, n, scale);
    integrad_linear(s + 1, step, w, x + n + (n & 1), outs, n, scale);
}
