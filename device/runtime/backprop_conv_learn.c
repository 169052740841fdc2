/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_update.h"
#include "backprop_winners.h"

/* The place of a position in the window whose first position is at `corner`. */
static inline int32_t integrad_backprop_place(int32_t corner, unsigned position, unsigned columns) {
    while (position >= columns) {
        position -= columns;
        corner += integrad_place(1, 0);
    }
    return corner + (int32_t)position;
}

/* Adds what one sample contributes to the gradient of a channel. error, winners: of that channel.
 */
static inline void integrad_backprop_add(int32_t *gradient, const int8_t *x, const int8_t *error,
                                         const uint8_t *winners,
                                         const struct integrad_backprop_conv *layer) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t size = integrad_backprop_winners_size(layer), hits = (size_t)layer->hits;
    const unsigned bits = integrad_backprop_winner_bits(layer);
    const unsigned width = (unsigned)layer->width, columns = (unsigned)layer->window_width;
    int32_t *const delta = gradient + integrad_fan_in(shape), *const place = delta + hits;
    size_t found = 0;
    for (int row = 0; row < layer->height; row++) {
        int32_t corner = integrad_place(row * layer->window_height, 0);
        for (unsigned column = 0; column < width; column++, corner += layer->window_width) {
            if (error[column] != 0) {
                const unsigned winner =
                    winners ? integrad_backprop_winner(winners, column, bits) : 0;
                delta[found] = error[column];
                place[found] = integrad_backprop_place(corner, winner, columns);
                if (++found == hits) {
                    integrad_accumulate(gradient, x, delta, place, found, shape);
                    found = 0;
                }
            }
        }
        error += width;
        winners = winners ? winners + size : winners;
    }
    if (found > 0) {
        integrad_accumulate(gradient, x, delta, place, found, shape);
    }
}

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
    for (size_t o = 0; o < channels; o++) {
        for (size_t i = 0; i < fan_in; i++) {
            sums[i] = 0;
        }
        for (size_t b = 0; b < count; b++) {
            const size_t map = b * channels + o;
            integrad_backprop_add(sums, x + (b * groups + o / group) * inputs, error + map * maxima,
                                  winners ? winners + map * size : winners, layer);
        }
        integrad_backprop_update(w, fraction, o * fan_in, sums, fan_in,
                                 rate + layer->scales.update_shift);
    }
}
