/* SPDX-License-Identifier: Apache-2.0 */
/* Update a row of n weights from its gradient. */
INTEGRAD_KERNEL void integrad_descend_row_wide(int16_t *w, const int64_t *gradient, size_t n,
                                               const struct integrad_descent *descent) {
    for (size_t i = 0; i < n; i++) {
        w[i] = integrad_descend_wide(w[i], gradient[i], descent);
    }
}
