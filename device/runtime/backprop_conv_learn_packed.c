/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_gradient.h"
#include "backprop_packed.h"
#include "backprop_update.h"

INTEGRAD_KERNEL void integrad_backprop_conv_learn_packed(int8_t *w, int8_t *fraction,
                                                         const uint8_t *packed, const int8_t *error,
                                                         const uint8_t *winners,
                                                         const struct integrad_backprop_conv *layer,
                                                         size_t count, int rate, int32_t *sums,
                                                         size_t together) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t fan_in = integrad_fan_in(shape), inputs = integrad_inputs(shape);
    const size_t group = (size_t)shape->channels, groups = (size_t)layer->groups;
    const size_t maxima = (size_t)layer->height * (size_t)layer->width;
    const size_t winners_size = (size_t)layer->height * integrad_backprop_winners_size(layer);
    const size_t packed_size = integrad_backprop_packed_size(groups * inputs);
    int32_t *const delta = sums + together * fan_in;
    int8_t *const x = (int8_t *)(delta + 2 * (size_t)layer->hits);
    for (size_t g = 0, first = 0; g < groups; g++) {
        for (size_t n, left = group; left > 0; left -= n, first += n) {
            n = left < together ? left : together;
            for (size_t i = 0; i < n * fan_in; i++) {
                sums[i] = 0;
            }
            for (size_t b = 0; b < count; b++) {
                integrad_backprop_unpack(x, packed + b * packed_size, g * inputs, inputs);
                for (size_t k = 0; k < n; k++) {
                    const size_t map = b * groups * group + first + k;
                    integrad_backprop_add(sums + k * fan_in, delta, x, error + map * maxima,
                                          winners ? winners + map * winners_size : winners, layer);
                }
            }
            integrad_backprop_update(w, fraction, first * fan_in, sums, n * fan_in,
                                     rate + layer->scales.update_shift);
        }
    }
}
