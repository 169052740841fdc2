/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"

/* Gradient of a channel in 32 bits; 0 if its errors may be too large for that. */
static inline int integrad_narrow_gradient(const struct integrad_training *step,
                                           const struct integrad_channel *channel,
                                           const struct integrad_conv_block *block,
                                           integrad_map_errors *errors, const int32_t *place,
                                           size_t fan_in) {
    int32_t headroom = INT32_MAX / 127;
    for (size_t i = 0; i < fan_in; i++) {
        step->gradient[i] = 0;
    }
    for (size_t b = 0; b < step->count; b++) {
        const size_t count = integrad_channel_errors(step, b, channel, block, errors);
        headroom = integrad_headroom(headroom, step->map, count);
        if (headroom < 0) {
            return 0;
        }
        integrad_accumulate(step->gradient, channel->x + b * channel->x_step, step->map, place,
                            count, &block->layer.shape);
    }
    return 1;
}

static inline void integrad_wide_gradient(const struct integrad_training *step,
                                          const struct integrad_channel *channel,
                                          const struct integrad_conv_block *block,
                                          integrad_map_errors *errors, const int32_t *place,
                                          size_t fan_in) {
    for (size_t i = 0; i < fan_in; i++) {
        step->wide_gradient[i] = 0;
    }
    for (size_t b = 0; b < step->count; b++) {
        const size_t count = integrad_channel_errors(step, b, channel, block, errors);
        integrad_accumulate_wide(step->wide_gradient, channel->x + b * channel->x_step, step->map,
                                 place, count, &block->layer.shape);
    }
}

INTEGRAD_KERNEL void integrad_conv_learn_wide(int16_t *w, const int16_t *head, const int8_t *x,
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
        if (integrad_narrow_gradient(step, &channel, block, errors, place, fan_in)) {
            integrad_descend_row(w, step->gradient, fan_in, &descent);
        } else {
            integrad_wide_gradient(step, &channel, block, errors, place, fan_in);
            integrad_descend_row_wide(w, step->wide_gradient, fan_in, &descent);
        }
        w += fan_in;
        integrad_next_channel(&channel, o, block);
    }
}
