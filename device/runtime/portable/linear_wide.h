/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size. w: outs x n, x: n. Sums of
 * INTEGRAD_PART products fit 32 bits; they are added up in 64. The last four rows overlap the
 * previous ones if outs is not a multiple of four.
 */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n) {
    const int32_t scale = 256 * (int32_t)n;
    const size_t together = outs < 4 ? 1 : 4, row = outs < 4 ? 0 : n;
    for (size_t o = 0; o < outs; o += together) {
        int64_t sums[4] = {0, 0, 0, 0};
        int32_t part[4];
        if (outs - o < together) {
            o = outs - together;
        }
        for (size_t i = 0; i < n; i += INTEGRAD_PART) {
            size_t count = n - i;
            if (count > INTEGRAD_PART) {
                count = INTEGRAD_PART;
            }
            integrad_dots(part, w + o * n + i, row, x + i, count);
            for (size_t k = 0; k < 4; k++) {
                sums[k] += part[k];
            }
        }
        for (size_t k = 0; k < together; k++) {
            s[(o + k) * step] = integrad_scaled(integrad_limited(sums[k]), scale);
        }
    }
}
