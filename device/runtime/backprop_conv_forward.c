/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_winners.h"

/* The maximum of a window whose lines are `step` values apart. winner: where it comes first. */
static inline int8_t integrad_backprop_maximum(unsigned *winner, const int8_t *x, size_t step,
                                               int lines, int columns) {
    int8_t maximum = *x;
    unsigned position = 0, found = 0;
    for (int i = 0; i < lines; i++, x += step) {
        for (int j = 0; j < columns; j++, position++) {
            if (x[j] > maximum) {
                maximum = x[j];
                found = position;
            }
        }
    }
    *winner = found;
    return maximum;
}

/* The same for a window of 2 x 2, which needs no loops. */
static inline int8_t integrad_backprop_maximum4(unsigned *winner, const int8_t *x, size_t step) {
    const unsigned upper = x[1] > x[0], lower = x[step + 1] > x[step];
    const int8_t above = x[upper], below = x[step + lower];
    *winner = below > above ? 2 + lower : upper;
    return below > above ? below : above;
}

/* The maxima of one window in all channels. band: channels x window_height x step. */
static inline void integrad_backprop_window(int8_t *y, uint8_t *winners, const int8_t *band,
                                            size_t step,
                                            const struct integrad_backprop_conv *layer) {
    const int lines = layer->window_height, columns = layer->window_width;
    const size_t maxima = (size_t)layer->height * (size_t)layer->width;
    const unsigned bits = integrad_backprop_winner_bits(layer);
    unsigned byte = 0, filled = 0;
    for (int left = layer->groups * layer->shape.channels; left > 0; left--) {
        unsigned winner;
        if (lines == 2 && columns == 2) {
            *y = integrad_backprop_maximum4(&winner, band, step);
        } else {
            *y = integrad_backprop_maximum(&winner, band, step, lines, columns);
        }
        y += maxima;
        band += (size_t)lines * step;
        byte |= winner << filled;
        filled += bits;
        if (filled == 8 || left == 1) {
            if (winners) {
                *winners++ = (uint8_t)byte;
            }
            byte = filled = 0;
        }
    }
}

/* `count` positions of all channels, from row, column on: from channel to channel `step` values. */
static inline void integrad_backprop_convolve(int8_t *out, size_t step, const int8_t *w,
                                              const int8_t *x, int row, int column, int count,
                                              const struct integrad_backprop_conv *layer,
                                              int32_t *work) {
    const struct integrad_shape *const shape = &layer->shape;
    const struct integrad_backprop_scales *const scales = &layer->scales;
    const size_t channels = (size_t)shape->channels;
    for (int g = 0; g < layer->groups; g++) {
        integrad_convolve8(out, step, w, x, shape, row, column, count, scales->output_shift,
                           scales->leak, work);
        out += channels * step;
        w += channels * integrad_fan_in(shape);
        x += integrad_inputs(shape);
    }
}

INTEGRAD_KERNEL void integrad_backprop_conv_forward(int8_t *y, uint8_t *winners, const int8_t *w,
                                                    const int8_t *x,
                                                    const struct integrad_backprop_conv *layer,
                                                    int32_t *work, int8_t *band) {
    const int lines = layer->window_height, columns = layer->window_width;
    const int width = layer->width;
    const size_t maxima = (size_t)layer->height * (size_t)width;
    const size_t step = (size_t)(layer->tile * columns);
    for (int row = 0; row < layer->height; row++) {
        if (lines * columns == 1) {
            integrad_backprop_convolve(y, maxima, w, x, row, 0, width, layer, work);
            y += width;
            continue;
        }
        for (int column = 0; column < width; column += layer->tile) {
            const int left = width - column, tile = left < layer->tile ? left : layer->tile;
            for (int i = 0; i < lines; i++) {
                integrad_backprop_convolve(band + (size_t)i * step, (size_t)lines * step, w, x,
                                           row * lines + i, column * columns, tile * columns, layer,
                                           work);
            }
            for (int k = 0; k < tile; k++) {
                integrad_backprop_window(y++, winners, band + k * columns, step, layer);
                winners = winners ? winners + integrad_backprop_winners_size(layer) : winners;
            }
        }
    }
}
