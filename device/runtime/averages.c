/* SPDX-License-Identifier: Apache-2.0 */
#include "average.h"

INTEGRAD_KERNEL void integrad_averages(int8_t *out, const int8_t *x,
                                       const struct integrad_pool *windows) {
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width;
    const int area = lines * columns, shift = integrad_average_shift(area);
    const int four = columns == 2 && area == 4; /* the usual windows need no loops */
    const int rest = (windows->in_height - windows->height * lines) * in_width;
    const int width = windows->width;
    int c = windows->channels, row = windows->height;
    do {
        const int8_t *const end = out + width, *at = x;
        do {
            int32_t sum = 0;
            if (four) {
                sum = at[0] + at[1] + at[in_width] + at[in_width + 1];
            } else {
                const int8_t *line = at;
                int i = lines;
                do {
                    line += columns;
                    int j = -columns;
                    do {
                        sum += line[j];
                    } while (++j != 0);
                    line += in_width - columns;
                } while (--i != 0);
            }
            at += columns;
            *out++ = (int8_t)integrad_average(sum, area, shift);
        } while (out != end);
        x += lines * in_width;
        if (--row == 0) { /* the next channel */
            row = windows->height;
            x += rest;
            c--;
        }
    } while (c != 0);
}
