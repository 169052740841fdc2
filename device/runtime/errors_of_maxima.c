/* SPDX-License-Identifier: Apache-2.0 */
#include "pooled_errors.h"

INTEGRAD_KERNEL size_t integrad_errors_of_maxima(const struct integrad_training *step,
                                                 const int16_t *head, const int16_t *error,
                                                 const int8_t *s, const int8_t *features,
                                                 const struct integrad_conv_block *block) {
    const struct integrad_nitro_relu relu = block->relu;
    const struct integrad_pool *const windows = &block->pool.windows;
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width, width = windows->width;
    integrad_pooled_errors(step->map, head, error, windows, step->classes);
    const int32_t *sum = step->map;
    int32_t *map = step->map, *place = step->place;
    for (int row = 0; row < windows->height; row++, s += lines * in_width) {
        const int8_t *corner = s;
        int32_t corner_place = integrad_place(row * lines, 0);
        for (int column = 0; column < width; column++, corner += columns, corner_place += columns) {
            const int32_t least = integrad_relu_least(*features++, &relu);
            const int32_t there = *sum++;
            if (there == 0 || least >= 127) {
                continue; /* nothing passes */
            }
            /* The first position that is activated to the maximum won the window. */
            const int8_t *at = corner;
            int32_t here = corner_place;
            for (int j = 0; *at < least;) {
                at++;
                here++;
                if (++j == columns) {
                    j = 0;
                    at += in_width - columns;
                    here += integrad_place(1, 0) - columns;
                }
            }
            const int32_t passed = *at < 0 ? integrad_slope(there, relu.alpha_inv) : there;
            if (passed != 0) {
                *map++ = passed;
                *place++ = here;
            }
        }
    }
    return (size_t)(map - step->map);
}
