/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_errors.h"

INTEGRAD_KERNEL void integrad_classifier_learn(int16_t *w, const int8_t *x,
                                               const struct integrad_dense *layer,
                                               const struct integrad_training *step,
                                               int16_t *work) {
    const struct integrad_descent descent = {layer->limit, step->head.divisor,
                                             step->head.decay_inv};
    const size_t classes = layer->outputs, features = layer->inputs;
    for (size_t k = 0; k < classes; k += step->rows) {
        const size_t rows = integrad_next_rows(step, classes - k);
        int32_t *delta = step->delta;
        for (size_t r = k; r < k + rows; r++) {
            for (size_t b = 0; b < step->count; b++) {
                *delta++ = step->error[b * classes + r];
            }
        }
        integrad_learn_rows(w + k * features, rows, features, step->delta, x, step->count, &descent,
                            work, step->work_values);
    }
}
