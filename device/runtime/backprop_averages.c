/* SPDX-License-Identifier: Apache-2.0 */
#include "average.h"
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_averages(int8_t *below, const int8_t *error,
                                                const struct integrad_pool *windows, size_t count) {
    const int lines = windows->window_height, columns = windows->window_width;
    const int in_width = windows->in_width;
    const int area = lines * columns, shift = integrad_average_shift(area);
    const size_t map = (size_t)windows->in_height * (size_t)in_width;
    const size_t maps = count * (size_t)windows->channels;
    for (size_t i = 0; i < maps * map; i++) {
        below[i] = 0;
    }
    for (size_t c = 0; c < maps; c++, below += map) {
        for (int row = 0; row < windows->height; row++) {
            for (int column = 0; column < windows->width; column++) {
                const int corner = row * lines * in_width + column * columns;
                const int8_t each = (int8_t)integrad_average(*error++, area, shift);
                for (int i = corner; i < corner + lines * in_width; i += in_width) {
                    for (int j = i; j < i + columns; j++) {
                        below[j] = each;
                    }
                }
            }
        }
    }
}
