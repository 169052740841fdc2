/* SPDX-License-Identifier: Apache-2.0 */
#include "pocket.h"

/* The pocket activation at x, a straight line in each of seven pieces, and the inverse of its
 * slope. Both activations are odd: the sigmoid, around 64, is half of the tanh. */
static inline int32_t integrad_pocket_activation(int8_t *slope, int32_t x, int32_t sigmoid) {
    const int32_t magnitude = x < 0 ? -x : x;
    int32_t y = 127;
    if (magnitude < 32) {
        *slope = 1;
        y = 2 * magnitude;
    } else if (magnitude < 75) {
        *slope = 2;
        y = magnitude + 32;
    } else if (magnitude < 128) {
        *slope = 8;
        y = magnitude / 4 + 88;
    } else {
        *slope = 127;
    }
    y = sigmoid ? y / 2 : y;
    y = x < 0 ? -y : y;
    return sigmoid ? y + 64 : y;
}

INTEGRAD_KERNEL void integrad_pocket_forward(int8_t *y, int8_t *slopes, const int16_t *w,
                                             const int16_t *bias, const int8_t *x,
                                             const struct integrad_pocket *layer, int16_t *work) {
    const size_t units = layer->units, inputs = layer->inputs;
    /* Four rows at a time, the last ones of which may overlap, or one by one. */
    const size_t together = units < 4 ? 1 : 4, row = units < 4 ? 0 : inputs;
    integrad_widen(work, x, inputs);
    for (size_t first = 0; first < units; first += together) {
        const size_t o = units - first < together ? units - together : first;
        int32_t z[4];
        integrad_dots(z, w + o * inputs, row, work, inputs);
        for (size_t k = 0; k < together; k++) {
            const int32_t scaled = (z[k] + bias[o + k]) / layer->scale;
            int8_t slope;
            y[o + k] = (int8_t)integrad_pocket_activation(&slope, scaled, layer->sigmoid);
            if (slopes) {
                slopes[o + k] = slope;
            }
        }
    }
}
