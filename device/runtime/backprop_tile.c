/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_winners.h"

/* The maxima of `count` windows of any size, in lines that are `step` values apart. */
static inline void integrad_backprop_windows(int8_t *y, uint8_t *winners, const int8_t *x,
                                             size_t step, int count,
                                             const struct integrad_backprop_conv *layer) {
    const unsigned bits = integrad_backprop_winner_bits(layer);
    unsigned byte = 0, filled = 0;
    for (; count > 0; count--, x += layer->window_width) {
        int maximum = x[0];
        unsigned winner = 0, position = 0;
        const int8_t *line = x;
        for (int i = 0; i < layer->window_height; i++, line += step) {
            for (int j = 0; j < layer->window_width; j++, position++) {
                if (line[j] > maximum) {
                    maximum = line[j];
                    winner = position;
                }
            }
        }
        *y++ = (int8_t)maximum;
        byte |= winner << filled;
        filled += bits;
        if (winners && (filled == 8 || count == 1)) {
            *winners++ = (uint8_t)byte;
            byte = filled = 0;
        }
    }
}

INTEGRAD_KERNEL void integrad_backprop_tile(int8_t *y, uint8_t *winners, const int8_t *band,
                                            size_t step, int count,
                                            const struct integrad_backprop_conv *layer) {
    const int lines = layer->window_height, columns = layer->window_width;
    const size_t height = (size_t)layer->height, maxima = height * (size_t)layer->width;
    const size_t size = height * integrad_backprop_winners_size(layer);
    for (int c = layer->groups * layer->shape.channels; c > 0; c--) {
        if (lines == 2 && columns == 2) {
            integrad_maxima8(y, winners, band, band + step, (size_t)count);
        } else {
            integrad_backprop_windows(y, winners, band, step, count, layer);
        }
        y += maxima;
        winners = winners ? winners + size : winners;
        band += (size_t)lines * step;
    }
}
