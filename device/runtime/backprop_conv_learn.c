/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_gradient.h"
#include "backprop_update.h"

INTEGRAD_KERNEL void integrad_backprop_conv_learn(int8_t *w, int8_t *fraction, const int8_t *x,
                                                  const int8_t *error, const uint8_t *winners,
                                                  const struct integrad_backprop_conv *layer,
                                                  size_t count, int rate, int32_t *sums) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t fan_in = integrad_fan_in(shape), inputs = integrad_inputs(shape);
    const size_t group = (size_t)shape->channels, groups = (size_t)layer->groups;
    const size_t channels = groups * group;
    const size_t maxima = (size_t)layer->height * (size_t)layer->width;
    const size_t size = (size_t)layer->height * integrad_backprop_winners_size(layer);
    for (size_t o = 0, left = group; o < channels; o++, left--) {
        if (left == 0) { /* the next group reads other inputs */
            x += inputs;
            left = group;
        }
        for (size_t i = 0; i < fan_in; i++) {
            sums[i] = 0;
        }
        for (size_t b = 0; b < count; b++) {
            const size_t map = b * channels + o;
            integrad_backprop_add(sums, sums + fan_in, x + b * groups * inputs,
                                  error + map * maxima, winners ? winners + map * size : winners,
                                  layer);
        }
        integrad_backprop_update(w, fraction, o * fan_in, sums, fan_in,
                                 rate + layer->scales.update_shift);
    }
}
