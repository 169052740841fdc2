/* SPDX-License-Identifier: Apache-2.0 */
#include "average.h"
#include "nitro_relu.h"

INTEGRAD_KERNEL void integrad_head_averages(int8_t *out, const int8_t *s,
                                            const struct integrad_head_pool *pool,
                                            const struct integrad_nitro_relu *relu) {
    const struct integrad_pool *const windows = &pool->windows;
    const int lines = windows->window_height, columns = windows->window_width;
    const int32_t area = lines * columns;
    const int shift = integrad_average_shift(area);
    for (int c = 0; c < windows->channels; c++) {
        for (int row = 0; row < windows->height; row++) {
            const int top = row * lines - pool->padding_height;
            const int i_end = integrad_window_end(top, lines, windows->in_height);
            for (int column = 0; column < windows->width; column++) {
                const int left = column * columns - pool->padding_width;
                const int j_end = integrad_window_end(left, columns, windows->in_width);
                int32_t sum = 0;
                for (int i = integrad_window_first(top); i < i_end; i++) {
                    const int8_t *const line = s + (top + i) * windows->in_width;
                    for (int j = integrad_window_first(left); j < j_end; j++) {
                        sum += integrad_relu(line[left + j], relu);
                    }
                }
                *out++ = (int8_t)integrad_average(sum, area, shift);
            }
        }
        s += (size_t)windows->in_height * (size_t)windows->in_width;
    }
}
