/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "nitro.h"
#include "pooled_errors.h"

INTEGRAD_KERNEL size_t integrad_errors_of_averages(const struct integrad_training *step,
                                                   const int16_t *head, const int16_t *error,
                                                   const int8_t *s, const int8_t *features,
                                                   const struct integrad_conv_block *block) {
    const struct integrad_head_pool *const pool = &block->pool;
    const struct integrad_pool *const windows = &pool->windows;
    const int lines = windows->window_height, columns = windows->window_width;
    const size_t positions = integrad_positions(&block->layer.shape);
    (void)features;
    for (size_t i = 0; i < positions; i++) {
        step->map[i] = 0;
    }
    integrad_pooled_errors(step->pooled, head, error, windows, step->classes);
    const int32_t *sum = step->pooled;
    for (int row = 0; row < windows->height; row++) {
        const int top = row * lines - pool->padding_height;
        const int i_end = integrad_window_end(top, lines, windows->in_height);
        for (int column = 0; column < windows->width; column++) {
            const int left = column * columns - pool->padding_width;
            const int j_end = integrad_window_end(left, columns, windows->in_width);
            const int32_t share = *sum++ / (lines * columns);
            for (int i = integrad_window_first(top); i < i_end; i++) {
                for (int j = integrad_window_first(left); j < j_end; j++) {
                    const int cell = (top + i) * windows->in_width + left + j;
                    step->map[cell] = integrad_relu_gradient(share, s[cell], block->relu.alpha_inv);
                }
            }
        }
    }
    return positions;
}
