/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of the features of a max pool, at step->map, go to the positions that won: to step->map,
 * and their places to step->place. Returns how many are not 0.
 */
static size_t integrad_winners(const struct integrad_training *step, const int8_t *s,
                               const int8_t *features, const struct integrad_conv_block *block) {
    const struct integrad_pool *const windows = &block->pool.windows;
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width;
    const struct integrad_nitro_relu relu = block->relu;
    const int32_t *sum = step->map;
    int32_t *map = step->map, *place = step->place;
    for (int row = 0; row < windows->height; row++, s += lines * in_width) {
        const int8_t *const last = features + windows->width, *corner = s;
        do {
            const int8_t *at = corner;
            const int32_t there = *sum++;
            const int32_t least = integrad_relu_least(*features++, &relu);
            corner += columns;
            if (there == 0 || least >= 127) {
                continue; /* nothing passes */
            }
            /* The first position that is activated to the maximum won the window. */
            const int8_t *end = corner;
            int32_t here = integrad_place(row * lines, 0);
            while (*at < least) {
                if (++at == end) {
                    at += in_width - columns;
                    end += in_width;
                    here += integrad_place(1, 0) - in_width;
                }
            }
            const int32_t passed = *at < 0 ? integrad_slope(there, relu.alpha_inv) : there;
            if (passed != 0) {
                *map++ = passed;
                *place++ = here + (int32_t)(at - s);
            }
        } while (features != last);
    }
    return (size_t)(map - step->map);
}
