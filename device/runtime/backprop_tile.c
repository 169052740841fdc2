/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_winners.h"

/* Winners on their way to memory. */
struct integrad_backprop_packer {
    uint8_t *to; /* 0: nobody needs them */
    unsigned byte, filled;
};

static inline void integrad_backprop_flush(struct integrad_backprop_packer *packer) {
    if (packer->filled > 0 && packer->to) {
        *packer->to++ = (uint8_t)packer->byte;
    }
    packer->byte = packer->filled = 0;
}

static inline void integrad_backprop_pack(struct integrad_backprop_packer *packer, unsigned winner,
                                          unsigned bits) {
    packer->byte |= winner << packer->filled;
    packer->filled += bits;
    if (packer->filled == 8) {
        integrad_backprop_flush(packer);
    }
}

/* Windows of 2 x 2 in two lines. */
static inline void integrad_backprop_fours(int8_t *y, struct integrad_backprop_packer *packer,
                                           const int8_t *upper, const int8_t *lower, int count) {
    for (; count > 0; count--, upper += 2, lower += 2) {
        int best = upper[0];
        unsigned winner = 0;
        if (upper[1] > best) {
            best = upper[1];
            winner = 1;
        }
        if (lower[0] > best) {
            best = lower[0];
            winner = 2;
        }
        if (lower[1] > best) {
            best = lower[1];
            winner = 3;
        }
        *y++ = (int8_t)best;
        integrad_backprop_pack(packer, winner, 2);
    }
}

/* Any windows, in lines that are `step` values apart. */
static inline void integrad_backprop_windows(int8_t *y, struct integrad_backprop_packer *packer,
                                             const int8_t *x, size_t step, int count,
                                             const struct integrad_backprop_conv *layer) {
    const unsigned bits = integrad_backprop_winner_bits(layer);
    for (; count > 0; count--, x += layer->window_width) {
        int best = x[0];
        unsigned winner = 0, position = 0;
        const int8_t *line = x;
        for (int i = 0; i < layer->window_height; i++, line += step) {
            for (int j = 0; j < layer->window_width; j++, position++) {
                if (line[j] > best) {
                    best = line[j];
                    winner = position;
                }
            }
        }
        *y++ = (int8_t)best;
        integrad_backprop_pack(packer, winner, bits);
    }
}

INTEGRAD_KERNEL void integrad_backprop_tile(int8_t *y, uint8_t *winners, const int8_t *band,
                                            size_t step, int count,
                                            const struct integrad_backprop_conv *layer) {
    const int lines = layer->window_height, columns = layer->window_width;
    const size_t height = (size_t)layer->height, maxima = height * (size_t)layer->width;
    const size_t size = height * integrad_backprop_winners_size(layer);
    for (int c = layer->groups * layer->shape.channels; c > 0; c--) {
        struct integrad_backprop_packer packer = {winners, 0, 0};
        if (lines == 2 && columns == 2) {
            integrad_backprop_fours(y, &packer, band, band + step, count);
        } else {
            integrad_backprop_windows(y, &packer, band, step, count, layer);
        }
        integrad_backprop_flush(&packer);
        y += maxima;
        winners = winners ? winners + size : winners;
        band += (size_t)lines * step;
    }
}
