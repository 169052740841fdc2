/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Update rows of weights: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i]. w:
 * rows x n, delta: rows x count, x: count x n. delta and work may be overwritten.
 */
INTEGRAD_KERNEL void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                         const int8_t *x, size_t count,
                                         const struct integrad_descent *descent, int16_t *work,
                                         size_t work_values) {
    (void)work;
    (void)work_values;
    for (size_t r = 0; r < rows; r++) {
        integrad_learn_row(w + r * n, 0, n, delta + r * count, x, count, descent);
    }
}
