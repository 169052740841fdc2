/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_CONVOLUTION_H
#define INTEGRAD_BACKPROP_CONVOLUTION_H

#include "backprop_winners.h"

/* `count` positions of all channels, from row, column on: from channel to channel `step` values.
 * bias: 0 if there are no biases. */
typedef void integrad_backprop_positions(int8_t *out, size_t step, const int8_t *w,
                                         const int8_t *bias, const int8_t *x, int row, int column,
                                         int count, const struct integrad_backprop_conv *layer,
                                         int32_t *work);

/* integrad_backprop_conv_forward, with the function that computes positions. */
INTEGRAD_INLINE void integrad_backprop_convolution(integrad_backprop_positions *convolve, int8_t *y,
                                                   uint8_t *winners, const int8_t *w,
                                                   const int8_t *bias, const int8_t *x,
                                                   const struct integrad_backprop_conv *layer,
                                                   int32_t *work) {
    const int lines = layer->window_height, columns = layer->window_width;
    const int width = layer->width;
    const size_t maxima = (size_t)layer->height * (size_t)width;
    const size_t size = integrad_backprop_winners_size(layer);
    const size_t step = (size_t)(layer->tile * columns);
    const size_t channels = (size_t)layer->groups * (size_t)layer->shape.channels;
    int8_t *const band = (int8_t *)work;
    if (lines * columns > 1) {
        work += (channels * (size_t)lines * step + 3) / 4;
    }
    for (int row = 0; row < layer->height; row++) {
        if (lines * columns == 1) {
            convolve(y, maxima, w, bias, x, row, 0, width, layer, work);
            y += width;
            continue;
        }
        for (int column = 0; column < width; column += layer->tile) {
            const int left = width - column, tile = left < layer->tile ? left : layer->tile;
            const size_t first = (size_t)column * integrad_backprop_winner_bits(layer) / 8;
            for (int i = 0; i < lines; i++) {
                convolve(band + (size_t)i * step, (size_t)lines * step, w, bias, x, row * lines + i,
                         column * columns, tile * columns, layer, work);
            }
            integrad_backprop_tile(y, winners ? winners + first : winners, band, step, tile, layer);
            y += tile;
        }
        winners = winners ? winners + size : winners;
    }
}

#endif
