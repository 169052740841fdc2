/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_packed.h"
#include "backprop_update.h"

INTEGRAD_KERNEL void
integrad_backprop_dense_learn_packed(int8_t *w, int8_t *fraction, const uint8_t *packed,
                                     const int8_t *error,
                                     const struct integrad_backprop_dense *layer, size_t count,
                                     int rate, int32_t *sums, uint16_t *index, size_t together) {
    const size_t inputs = layer->inputs, units = layer->units;
    const size_t size = integrad_backprop_packed_size(inputs);
    const int shift = rate + layer->scales.update_shift;
    int8_t *const x = (int8_t *)(sums + together), *const factors = x + count * together;
    for (size_t i = 0; i < inputs; i += together) {
        const size_t left = inputs - i, n = left < together ? left : together;
        for (size_t b = 0; b < count; b++) {
            integrad_backprop_unpack(x + b * n, packed + b * size, i, n);
        }
        for (size_t o = 0; o < units; o++) {
            const size_t found = integrad_compact8(index, factors, error + o, units, count);
            if (found > 0) {
                integrad_weigh8(sums, n, x, n, index, factors, found);
                integrad_backprop_update(w, fraction, o * inputs + i, sums, n, shift);
            }
        }
    }
}
