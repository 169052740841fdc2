/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_errors.h"

INTEGRAD_KERNEL void integrad_dense_learn(int16_t *w, const int16_t *head, const int8_t *x,
                                          const int8_t *s, const struct integrad_dense *layer,
                                          int32_t alpha_inv, const struct integrad_training *step,
                                          int16_t *work) {
    integrad_learn_units(w, head, x, s, layer, alpha_inv, step, work, integrad_learn_rows);
}
