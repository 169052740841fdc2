/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Update a row of n weights, from index `first` on: the gradient of w[i] is the sum over b of
 * delta[b] * x[b][i]. x: count x n.
 */
INTEGRAD_KERNEL void integrad_learn_row(int16_t *w, size_t first, size_t n, const int32_t *delta,
                                        const int8_t *x, size_t count,
                                        const struct integrad_descent *descent) {
    for (size_t i = first; i < n; i++) {
        int32_t gradient = 0;
        for (size_t b = 0; b < count; b++) {
            gradient += delta[b] * x[b * n + i];
        }
        w[i] = integrad_descend(w[i], gradient, descent);
    }
}
