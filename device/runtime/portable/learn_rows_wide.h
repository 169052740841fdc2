/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrad_learn_rows for errors of any size: rows whose sums may exceed 32 bits are accumulated in
 * 64 bits.
 */
INTEGRAD_KERNEL void integrad_learn_rows_wide(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                              const int8_t *x, size_t count,
                                              const struct integrad_descent *descent, int16_t *work,
                                              size_t work_values) {
    size_t narrow = 0; /* rows before the first that needs 64 bits */
    while (narrow < rows &&
           integrad_headroom(INT32_MAX / 127, delta + narrow * count, count) >= 0) {
        narrow++;
    }
    if (narrow > 0) {
        integrad_learn_rows(w, narrow, n, delta, x, count, descent, work, work_values);
    }
    for (size_t r = narrow; r < rows; r++) {
        for (size_t i = 0; i < n; i++) {
            int64_t gradient = 0;
            for (size_t b = 0; b < count; b++) {
                gradient += (int64_t)delta[r * count + b] * x[b * n + i];
            }
            w[r * n + i] = integrad_descend_wide(w[r * n + i], gradient, descent);
        }
    }
}
