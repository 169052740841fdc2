/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_WINNERS_H
#define INTEGRAD_BACKPROP_WINNERS_H

#include "backprop.h"
#include "groups.h"

/*
 * A winner is the position in its window, in row-major order, where a maximum comes first. Winners
 * lie window by window; those of one window lie in the order of channels, in whole bytes.
 */

/* Bits of a winner. */
static inline unsigned integrad_backprop_winner_bits(const struct integrad_backprop_conv *layer) {
    return layer->window_height * layer->window_width <= 4 ? 2 : 8;
}

/* Bytes of the winners of one window. */
static inline size_t integrad_backprop_winners_size(const struct integrad_backprop_conv *layer) {
    const size_t channels = (size_t)layer->groups * (size_t)layer->shape.channels;
    return (channels * integrad_backprop_winner_bits(layer) + 7) / 8;
}

/* The winner of a channel among those of one window. */
static inline unsigned integrad_backprop_winner(const uint8_t *winners, size_t channel,
                                                unsigned bits) {
    const size_t at = channel * bits;
    return (unsigned)winners[at / 8] >> at % 8 & ((1u << bits) - 1);
}

#endif
