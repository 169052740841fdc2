/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_errors.h"

INTEGRAD_KERNEL void integrad_dense_learn(int16_t *w, const int16_t *head, const int8_t *x,
                                          const int8_t *s, const struct integrad_dense *layer,
                                          int32_t alpha_inv, const struct integrad_training *step,
                                          int16_t *work) {
    const struct integrad_descent descent = {layer->limit, step->block.divisor,
                                             step->block.decay_inv};
    const size_t units = layer->outputs, inputs = layer->inputs;
    for (size_t o = 0; o < units; o += step->rows) {
        const size_t rows = integrad_next_rows(step, units - o);
        integrad_unit_errors(step, head, s, o, rows, units, alpha_inv);
        integrad_learn_rows(w + o * inputs, rows, inputs, step->delta, x, step->count, &descent,
                            work, step->work_values);
    }
}
