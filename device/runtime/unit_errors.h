/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_UNIT_ERRORS_H
#define INTEGRAD_UNIT_ERRORS_H

#include "nitro_relu.h"

/* Errors of a few units over the batch, from unit `first` on: through the head and NITRO-ReLU. */
static inline void integrad_unit_errors(const struct integrad_training *step, const int16_t *head,
                                        const int8_t *s, size_t first, size_t rows, size_t units,
                                        int32_t alpha_inv) {
    int32_t *delta = step->delta;
    integrad_errors(delta, head + first, step->error, rows, units, step->classes, step->count);
    for (const int8_t *unit = s + first, *const last = unit + rows; unit != last; unit++) {
        const int8_t *at = unit;
        for (const int32_t *const end = delta + step->count; delta != end; at += units) {
            *delta = integrad_relu_gradient(*delta, *at, alpha_inv);
            delta++;
        }
    }
}

/* Those of the next rows that learn together. */
static inline size_t integrad_next_rows(const struct integrad_training *step, size_t left) {
    return left < step->rows ? left : step->rows;
}

/* Updates rows of weights: integrad_learn_rows() or integrad_learn_rows_wide(). */
typedef void integrad_learning(int16_t *w, size_t rows, size_t n, int32_t *delta, const int8_t *x,
                               size_t count, const struct integrad_descent *descent, int16_t *work,
                               size_t work_values);

/* integrad_dense_learn() with either of them. */
static inline void integrad_learn_units(int16_t *w, const int16_t *head, const int8_t *x,
                                        const int8_t *s, const struct integrad_dense *layer,
                                        int32_t alpha_inv, const struct integrad_training *step,
                                        int16_t *work, integrad_learning *learn) {
    const struct integrad_descent descent = {layer->limit, step->block.divisor,
                                             step->block.decay_inv};
    const size_t units = layer->outputs, inputs = layer->inputs;
    for (size_t o = 0; o < units; o += step->rows) {
        const size_t rows = integrad_next_rows(step, units - o);
        integrad_unit_errors(step, head, s, o, rows, units, alpha_inv);
        learn(w + o * inputs, rows, inputs, step->delta, x, step->count, &descent, work,
              step->work_values);
    }
}

#endif
