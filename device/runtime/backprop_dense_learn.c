/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_update.h"

INTEGRAD_KERNEL void integrad_backprop_dense_learn(int8_t *w, int8_t *fraction, const int8_t *x,
                                                   const int8_t *error,
                                                   const struct integrad_backprop_dense *layer,
                                                   size_t count, int rate, int32_t *sums,
                                                   uint16_t *index) {
    const size_t inputs = layer->inputs, units = layer->units;
    const int shift = rate + layer->scales.update_shift;
    int8_t *const factors = (int8_t *)(sums + layer->tile);
    for (size_t o = 0; o < units; o++) {
        const size_t found = integrad_compact8(index, factors, error + o, units, count);
        if (found == 0) {
            continue; /* its gradient is 0 */
        }
        for (size_t i = 0; i < inputs; i += layer->tile) {
            const size_t left = inputs - i, n = left < layer->tile ? left : layer->tile;
            integrad_weigh8(sums, n, x + i, inputs, index, factors, found);
            integrad_backprop_update(w, fraction, o * inputs + i, sums, n, shift);
        }
    }
}
