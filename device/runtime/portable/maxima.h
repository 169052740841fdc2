/* SPDX-License-Identifier: Apache-2.0 */
/* The maximum of each pooling window. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool) {
    const int lines = pool->window_height, columns = pool->window_width;
    for (int c = 0; c < pool->channels; c++) {
        for (int row = 0; row < pool->height; row++) {
            for (int column = 0; column < pool->width; column++) {
                const int8_t *line = x + row * lines * pool->in_width + column * columns;
                int8_t best = -127;
                for (int i = 0; i < lines; i++, line += pool->in_width) {
                    for (int j = 0; j < columns; j++) {
                        best = line[j] > best ? line[j] : best;
                    }
                }
                *out++ = best;
            }
        }
        x += pool->in_height * pool->in_width;
    }
}
