/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_WINNERS_H
#define INTEGRAD_BACKPROP_WINNERS_H

#include "backprop.h"
#include "groups.h"

/*
 * A winner is the position in its window, in row-major order, where a maximum comes first. The
 * winners of all maxima of a row lie in whole bytes, from the lowest bits on, and rows lie in the
 * order of the maxima.
 */

/* Bits of a winner. */
static inline unsigned integrad_backprop_winner_bits(const struct integrad_backprop_conv *layer) {
    return layer->window_height * layer->window_width <= 4 ? 2 : 8;
}

/* Bytes of the winners of one row. */
static inline size_t integrad_backprop_winners_size(const struct integrad_backprop_conv *layer) {
    return ((size_t)layer->width * integrad_backprop_winner_bits(layer) + 7) / 8;
}

/* The winner of a maximum in a row. */
static inline unsigned integrad_backprop_winner(const uint8_t *row, unsigned column,
                                                unsigned bits) {
    const unsigned at = column * bits;
    return (unsigned)row[at / 8] >> at % 8 & ((1u << bits) - 1);
}

#endif
