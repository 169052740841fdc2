/* SPDX-License-Identifier: Apache-2.0 */
#include "descend.h"
#include "pocket.h"

/* delta / slope. Most cores divide by the constants without a divider. */
static inline int32_t integrad_pocket_delta(int32_t delta, int8_t slope) {
    switch (slope) {
    case 1:
        return delta;
    case 2:
        return delta / 2;
    case 8:
        return delta / 8;
    default:
        return delta / 127;
    }
}

/* Errors of a few units over the batch, from unit `first` on: units x count. */
static inline void integrad_pocket_errors(const struct integrad_pocket_step *step,
                                          const int16_t *feedback, size_t first, size_t rows,
                                          size_t units) {
    if (feedback) {
        integrad_errors(step->delta, feedback + first, step->error, rows, units, step->classes,
                        step->count);
        return;
    }
    int32_t *delta = step->delta;
    for (size_t o = first; o < first + rows; o++) {
        for (size_t b = 0; b < step->count; b++) {
            *delta++ = step->error[b * units + o];
        }
    }
}

INTEGRAD_KERNEL void integrad_pocket_learn(int16_t *w, int16_t *bias, const int16_t *feedback,
                                           const int8_t *x, const int8_t *slopes,
                                           const struct integrad_pocket *layer,
                                           const struct integrad_pocket_step *step, int16_t *work) {
    const struct integrad_descent descent = {layer->limit, step->divisor, 0};
    const struct integrad_descent bias_descent = {INTEGRAD_BIAS_LIMIT, step->divisor, 0};
    const size_t units = layer->units, inputs = layer->inputs;
    for (size_t first = 0; first < units; first += step->rows) {
        const size_t left = units - first;
        const size_t rows = left < step->rows ? left : step->rows;
        integrad_pocket_errors(step, feedback, first, rows, units);
        int32_t *delta = step->delta;
        for (size_t o = first; o < first + rows; o++) {
            int32_t sum = 0;
            for (size_t b = 0; b < step->count; b++, delta++) {
                *delta = integrad_pocket_delta(*delta, slopes[b * units + o]);
                sum += *delta;
            }
            bias[o] = integrad_descend(bias[o], sum, &bias_descent);
        }
        integrad_learn_rows(w + first * inputs, rows, inputs, step->delta, x, step->count, &descent,
                            work, step->work_values);
    }
}
