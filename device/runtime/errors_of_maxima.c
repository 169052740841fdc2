#include "pooled_errors.h"

INTEGRAD_KERNEL size_t integrad_errors_of_maxima(const struct integrad_training *step,
                                                 const int16_t *head, const int16_t *error,
                                                 const int8_t *s, const int8_t *features,
                                                 const struct integrad_conv_block *block) {
    const struct integrad_pool *const windows = &block->pool.windows;
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width;
    integrad_pooled_errors(step->map, head, error, windows, step->classes);
    const int32_t *sum = step->map;
    int32_t *delta = step->map, *place = step->place;
    for (int row = 0; row < windows->height; row++, s += lines * in_width) {
        const int8_t *corner = s;
        for (int column = 0; column < windows->width; column++, corner += columns) {
            const int32_t least = integrad_relu_least(*features++, &block->relu);
            const int32_t there = *sum++;
            if (there == 0 || least >= 127) {
                continue; /* nothing passes */
            }
            /* The first position that is activated to the maximum won the window. */
            int i = 0, j = 0;
            const int8_t *line = corner;
            while (line[j] < least) {
                if (++j == columns) {
                    j = 0;
                    i++;
                    line += in_width;
                }
            }
            *delta = line[j] < 0 ? integrad_slope(there, block->relu.alpha_inv) : there;
            *place = integrad_place(row * lines + i, column * columns + j);
            if (*delta != 0) {
                delta++;
                place++;
            }
        }
    }
    return (size_t)(delta - step->map);
}
