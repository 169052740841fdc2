#include "average.h"

INTEGRAD_KERNEL void integrad_averages(int8_t *out, const int8_t *x,
                                       const struct integrad_pool *windows) {
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width, area = lines * columns;
    const int shift = integrad_shift_of(area);
    for (int c = 0; c < windows->channels; c++) {
        const int8_t *line = x + (size_t)c * (size_t)windows->in_height * (size_t)in_width;
        for (int row = 0; row < windows->height; row++, line += lines * in_width) {
            const int8_t *at = line;
            for (int column = 0; column < windows->width; column++, at += columns) {
                int32_t sum = 0;
                const int8_t *from = at;
                for (int i = 0; i < lines; i++, from += in_width) {
                    for (const int8_t *value = from; value != from + columns; value++) {
                        sum += *value;
                    }
                }
                *out++ = (int8_t)integrad_average(sum, area, shift);
            }
        }
    }
}
