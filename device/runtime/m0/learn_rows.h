/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Update rows of weights: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i]. w:
 * rows x n, delta: rows x count, x: count x n. work: gradients of a part of a row.
 */
INTEGRAD_KERNEL void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                         const int8_t *x, size_t count,
                                         const struct integrad_descent *descent, int16_t *work,
                                         size_t work_values) {
    int32_t few[3];
    /* Only assembly reads and writes 32-bit values in work, which holds others of 16 bits
     * elsewhere. */
    int32_t *const gradient = n < 4 ? few : (int32_t *)(void *)work;
    const size_t room = work_values / 8 * 4;
    struct integrad_reciprocal divisor;
    integrad_reciprocal(&divisor, (uint32_t)descent->divisor);
    if (descent->decay_inv > 0) {
        integrad_decay(w, rows * n, descent->decay_inv);
    }
    for (size_t r = 0; r < rows; r++) {
        size_t width;
        for (size_t first = 0; first < n; first += width) {
            const size_t left = n - first;
            width = left < 4 ? left : left < room ? left & ~(size_t)3 : room;
            /* Fewer than four overlap those before them, which have learned. */
            const size_t overlap = left < 4 && n >= 4 ? 4 - left : 0;
            if (n < 4) {
                integrad_few_gradients(gradient, n, x, delta, count);
            } else {
                integrad_gradients(gradient, width + overlap, x + first - overlap, n, delta, count);
            }
            integrad_descend_weights(w + first, gradient + overlap, width, descent->limit,
                                     &divisor);
        }
        w += n;
        delta += count;
    }
}
