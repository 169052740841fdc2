/* SPDX-License-Identifier: Apache-2.0 */
#include "average.h"

INTEGRAD_KERNEL void integrad_averages(int8_t *out, const int8_t *x,
                                       const struct integrad_pool *windows) {
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width;
    for (int c = 0; c < windows->channels; c++) {
        const int8_t *line = x + (size_t)c * (size_t)windows->in_height * (size_t)in_width;
        for (int row = 0; row < windows->height; row++, line += lines * in_width) {
            const int8_t *const end = out + windows->width, *at = line;
            if (columns == 2 && lines == 2) { /* the usual windows need no loops */
                for (; out != end; at += 2) {
                    const int32_t sum = at[0] + at[1] + at[in_width] + at[in_width + 1];
                    *out++ = (int8_t)integrad_average(sum, 4);
                }
            }
            for (; out != end; at += columns) {
                int32_t sum = 0;
                for (int i = 0; i < lines * in_width; i += in_width) {
                    for (int j = i; j < i + columns; j++) {
                        sum += at[j];
                    }
                }
                *out++ = (int8_t)integrad_average(sum, lines * columns);
            }
        }
    }
}
