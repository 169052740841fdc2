/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_dense_back(int8_t *below, const int8_t *w,
                                                  const int8_t *error,
                                                  const struct integrad_backprop_dense *layer,
                                                  size_t count, int32_t *sums, uint16_t *index) {
    const size_t inputs = layer->inputs, units = layer->units;
    int8_t *const factors = (int8_t *)(sums + layer->tile);
    for (size_t b = 0; b < count; b++, below += inputs, error += units) {
        const size_t found = integrad_compact8(index, factors, error, 1, units);
        for (size_t i = 0; i < inputs; i += layer->tile) {
            const size_t left = inputs - i, n = left < layer->tile ? left : layer->tile;
            integrad_weigh8(sums, n, w + i, inputs, index, factors, found);
            integrad_requantise(below + i, 1, sums, n, layer->scales.error_shift, 1);
        }
    }
}
