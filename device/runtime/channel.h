/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_CHANNEL_H
#define INTEGRAD_CHANNEL_H

#include "groups.h"
#include "nitro.h"

/* What one channel of a convolution block learns from: its first sample, and how far apart samples
 * are. */
struct integrad_channel {
    const int16_t *head;
    const int8_t *x, *s, *features;
    size_t x_step, s_step, features_step;
};

static inline struct integrad_channel
integrad_first_channel(const struct integrad_conv_block *block, const int16_t *head,
                       const int8_t *x, const int8_t *s, const int8_t *features) {
    const struct integrad_shape *const shape = &block->layer.shape;
    const struct integrad_pool *const windows = &block->pool.windows;
    const size_t groups = (size_t)block->layer.groups;
    const size_t channels = (size_t)shape->channels * groups;
    struct integrad_channel channel = {head, x, s, features, 0, 0, 0};
    channel.x_step = groups * integrad_inputs(shape);
    channel.s_step = channels * integrad_positions(shape);
    channel.features_step = channels * (size_t)windows->height * (size_t)windows->width;
    return channel;
}

/* o: number of the channel that comes next. */
static inline void integrad_next_channel(struct integrad_channel *channel, int o,
                                         const struct integrad_conv_block *block) {
    const struct integrad_shape *const shape = &block->layer.shape;
    const struct integrad_pool *const windows = &block->pool.windows;
    const size_t pooled = (size_t)windows->height * (size_t)windows->width;
    channel->head += pooled;
    channel->features += pooled;
    channel->s += integrad_positions(shape);
    if (o % shape->channels == 0) { /* it sees the inputs of the next group */
        channel->x += integrad_inputs(shape);
    }
}

/* Errors of the channel's map of sample b. */
static inline size_t integrad_channel_errors(const struct integrad_training *step, size_t b,
                                             const struct integrad_channel *channel,
                                             const struct integrad_conv_block *block,
                                             integrad_map_errors *errors) {
    return errors(step, channel->head, step->error + b * step->classes,
                  channel->s + b * channel->s_step, channel->features + b * channel->features_step,
                  block);
}

#endif
