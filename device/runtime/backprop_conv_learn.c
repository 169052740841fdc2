/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_update.h"
#include "backprop_winners.h"

/* Where the maximum of a window came from: a place on the map. */
static inline int32_t integrad_backprop_origin(int row, int column, unsigned winner,
                                               const struct integrad_backprop_conv *layer) {
    const unsigned columns = (unsigned)layer->window_width;
    int line = row * layer->window_height;
    for (; winner >= columns; winner -= columns) {
        line++;
    }
    return integrad_place(line, column * layer->window_width + (int)winner);
}

/* Adds what one sample contributes to the gradient of channel o. error: of that channel. */
static inline void integrad_backprop_add(int32_t *gradient, const int8_t *x, const int8_t *error,
                                         const uint8_t *winners, size_t o,
                                         const struct integrad_backprop_conv *layer) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t size = integrad_backprop_winners_size(layer), hits = (size_t)layer->hits;
    const unsigned bits = integrad_backprop_winner_bits(layer);
    int32_t *const delta = gradient + integrad_fan_in(shape), *const place = delta + hits;
    size_t found = 0;
    for (int row = 0; row < layer->height; row++) {
        for (int column = 0; column < layer->width; column++, error++) {
            if (*error != 0) {
                const unsigned winner = winners ? integrad_backprop_winner(winners, o, bits) : 0;
                delta[found] = *error;
                place[found++] = integrad_backprop_origin(row, column, winner, layer);
            }
            if (found == hits) {
                integrad_accumulate(gradient, x, delta, place, found, shape);
                found = 0;
            }
            winners = winners ? winners + size : winners;
        }
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
    const size_t size = winners ? maxima * integrad_backprop_winners_size(layer) : 0;
    for (size_t o = 0; o < channels; o++) {
        for (size_t i = 0; i < fan_in; i++) {
            sums[i] = 0;
        }
        for (size_t b = 0; b < count; b++) {
            integrad_backprop_add(sums, x + (b * groups + o / group) * inputs,
                                  error + (b * channels + o) * maxima,
                                  winners ? winners + b * size : winners, o, layer);
        }
        integrad_backprop_update(w, fraction, o * fan_in, sums, fan_in,
                                 rate + layer->scales.update_shift);
    }
}
