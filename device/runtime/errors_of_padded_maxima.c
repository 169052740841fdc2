/* SPDX-License-Identifier: Apache-2.0 */
#include "pooled_errors.h"

/* The first position that is activated to a window's maximum, as a place; -1 for the padding. */
static inline int32_t integrad_winner(const int8_t *s, int top, int left, int32_t least,
                                      const struct integrad_pool *windows, int32_t mean) {
    for (int i = top; i < top + windows->window_height; i++) {
        for (int j = left; j < left + windows->window_width; j++) {
            const int inside = i >= 0 && i < windows->in_height && j >= 0 && j < windows->in_width;
            if ((inside ? s[i * windows->in_width + j] : mean) >= least) { /* mean becomes 0 */
                return inside ? integrad_place(i, j) : -1;
            }
        }
    }
    return -1;
}

INTEGRAD_KERNEL size_t integrad_errors_of_padded_maxima(const struct integrad_training *step,
                                                        const int16_t *head, const int16_t *error,
                                                        const int8_t *s, const int8_t *features,
                                                        const struct integrad_conv_block *block) {
    const struct integrad_head_pool *const pool = &block->pool;
    const struct integrad_pool *const windows = &pool->windows;
    integrad_pooled_errors(step->map, head, error, windows, step->classes);
    const int32_t *sum = step->map;
    size_t errors = 0;
    for (int row = 0; row < windows->height; row++) {
        const int top = row * windows->window_height - pool->padding_height;
        for (int column = 0; column < windows->width; column++) {
            const int left = column * windows->window_width - pool->padding_width;
            const int32_t least = integrad_relu_least(*features++, &block->relu);
            const int32_t there = *sum++;
            if (there == 0 || least >= 127) {
                continue; /* nothing passes */
            }
            const int32_t place = integrad_winner(s, top, left, least, windows, block->relu.mean);
            if (place < 0) {
                continue;
            }
            const int won = s[integrad_row(place) * windows->in_width + integrad_column(place)];
            step->map[errors] = won < 0 ? integrad_slope(there, block->relu.alpha_inv) : there;
            step->place[errors] = place;
            errors += step->map[errors] != 0;
        }
    }
    return errors;
}
