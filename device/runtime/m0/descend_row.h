/* SPDX-License-Identifier: Apache-2.0 */
/* Update a row of n weights from its gradient. */
INTEGRAD_KERNEL void integrad_descend_row(int16_t *w, const int32_t *gradient, size_t n,
                                          const struct integrad_descent *descent) {
    struct integrad_reciprocal divisor;
    integrad_reciprocal(&divisor, (uint32_t)descent->divisor);
    if (descent->decay_inv > 0) {
        integrad_decay(w, n, descent->decay_inv);
    }
    integrad_descend_weights(w, gradient, n, descent->limit, &divisor);
}
