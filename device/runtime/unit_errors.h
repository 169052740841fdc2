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
    for (size_t o = first; o < first + rows; o++) {
        for (size_t b = 0; b < step->count; b++, delta++) {
            *delta = integrad_relu_gradient(*delta, s[b * units + o], alpha_inv);
        }
    }
}

/* Those of the next rows that learn together. */
static inline size_t integrad_next_rows(const struct integrad_training *step, size_t left) {
    return left < step->rows ? left : step->rows;
}

#endif
