/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"

INTEGRAD_KERNEL void integrad_conv_learn(int16_t *w, const int16_t *head, const int8_t *x,
                                         const int8_t *s, const int8_t *features,
                                         const struct integrad_conv_block *block,
                                         integrad_map_errors *errors, const int32_t *place,
                                         const struct integrad_training *step) {
    const struct integrad_shape *const shape = &block->layer.shape;
    const struct integrad_descent descent = {block->layer.limit, step->block.divisor,
                                             step->block.decay_inv};
    const size_t fan_in = integrad_fan_in(shape);
    const int channels = shape->channels * block->layer.groups;
    struct integrad_channel channel = integrad_first_channel(block, head, x, s, features);
    for (int o = 1; o <= channels; o++) {
        for (size_t i = 0; i < fan_in; i++) {
            step->gradient[i] = 0;
        }
        for (size_t b = 0; b < step->count; b++) {
            const size_t count = integrad_channel_errors(step, b, &channel, block, errors);
            integrad_accumulate(step->gradient, channel.x + b * channel.x_step, step->map, place,
                                count, shape);
        }
        integrad_descend_row(w, step->gradient, fan_in, &descent);
        w += fan_in;
        integrad_next_channel(&channel, o, block);
    }
}
