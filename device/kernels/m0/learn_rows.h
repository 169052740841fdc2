/*
 * Rows of weights learn: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i].
 * w: rows x n, delta: rows x count, x: count x n. work takes gradients of a part of a row.
 */
static void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta, const int8_t *x,
                                size_t count, const struct integrad_descent *descent, int16_t *work,
                                size_t work_values) {
    int32_t *const gradient = (int32_t *)(void *)work;
    const size_t room = work_values / 8 * 4;
    struct integrad_reciprocal divisor;
    integrad_reciprocal(&divisor, (uint32_t)descent->divisor);
    for (size_t r = 0; r < rows; r++) {
        size_t learned = 0;
        while (learned < n) {
            const size_t left = n - learned;
            size_t count_now = left < room ? left & ~(size_t)3 : room;
            const int32_t *from = gradient;
            size_t first = learned;
            if (left < 4) {
                /* The last four overlap those that have learned. */
                first = n < 4 ? 0 : n - 4;
                from += learned - first;
                count_now = left;
            }
            if (n < 4) {
                integrad_few_gradients(gradient, n, x, n, delta, count);
            } else {
                integrad_gradients(gradient, left < 4 ? 4 : count_now, x + first, n, delta, count);
            }
            integrad_descend_weights(w + learned, from, count_now, descent, &divisor);
            learned += count_now;
        }
        w += n;
        delta += count;
    }
}
