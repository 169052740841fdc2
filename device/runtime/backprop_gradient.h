/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_GRADIENT_H
#define INTEGRAD_BACKPROP_GRADIENT_H

#include "backprop_winners.h"

/*
 * The errors of a row of maxima, and where these come from: the row of windows begins at `corner`.
 * Returns how many are not 0. winners: 0 if there is no pool.
 */
static inline size_t integrad_backprop_hits(int32_t *delta, int32_t *place, const int8_t *error,
                                            const uint8_t *winners, int32_t corner,
                                            const struct integrad_backprop_conv *layer) {
    const int32_t columns = layer->window_width;
    const unsigned bits = winners ? integrad_backprop_winner_bits(layer) : 0;
    const unsigned mask = (1u << bits) - 1;
    unsigned byte = 0, left = 0; /* bits of winners */
    const int32_t *const first = delta;
    for (const int8_t *const end = error + layer->width; error != end; corner += columns) {
        if (left == 0 && bits > 0) {
            byte = *winners++;
            left = 8;
        }
        if (*error != 0) {
            int32_t position = (int32_t)(byte & mask), from = corner;
            for (; position >= columns; position -= columns) {
                from += integrad_place(1, 0);
            }
            *place++ = from + position;
            *delta++ = *error;
        }
        error++;
        byte >>= bits;
        left -= bits;
    }
    return (size_t)(delta - first);
}

/* Adds what one sample contributes to the gradient of a channel. delta: two values for each of the
 * hits. error, winners: of that channel. */
static inline void integrad_backprop_add(int32_t *gradient, int32_t *delta, const int8_t *x,
                                         const int8_t *error, const uint8_t *winners,
                                         const struct integrad_backprop_conv *layer) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t width = (size_t)layer->width, hits = (size_t)layer->hits;
    const size_t size = integrad_backprop_winners_size(layer);
    int32_t *const place = delta + hits;
    size_t found = 0;
    for (int row = 0; row < layer->height; row++, error += width) {
        if (found + width > hits) {
            integrad_accumulate(gradient, x, delta, place, found, shape);
            found = 0;
        }
        found += integrad_backprop_hits(delta + found, place + found, error, winners,
                                        integrad_place(row * layer->window_height, 0), layer);
        winners = winners ? winners + size : winners;
    }
    integrad_accumulate(gradient, x, delta, place, found, shape);
}

#endif
