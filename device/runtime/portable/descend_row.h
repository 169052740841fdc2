/* SPDX-License-Identifier: Apache-2.0 */
/* Update a row of n weights from its gradient. */
INTEGRAD_KERNEL void integrad_descend_row(int16_t *w, const int32_t *gradient, size_t n,
                                          const struct integrad_descent *descent) {
    for (size_t i = 0; i < n; i++) {
        w[i] = integrad_descend(w[i], gradient[i], descent);
    }
}
