/* SPDX-License-Identifier: Apache-2.0 */
static inline int32_t integrad_larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* The maximum of a window; its lines are in_width apart. */
static inline int32_t integrad_maximum(const int8_t *line, int lines, int columns, int in_width) {
    int32_t best = -127;
    for (; lines > 0; lines--, line += in_width) {
        for (const int8_t *at = line; at != line + columns; at++) {
            best = integrad_larger(best, *at);
        }
    }
    return best;
}

/* The maximum of each pooling window. Common windows are computed without loops. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool) {
    const int lines = pool->window_height, columns = pool->window_width;
    const int in_width = pool->in_width;
    for (int c = 0; c < pool->channels; c++) {
        const int8_t *line = x + c * pool->in_height * in_width;
        for (int row = 0; row < pool->height; row++, line += lines * in_width) {
            const int8_t *const end = out + pool->width, *at = line;
            if (columns == 2 && lines == 1) {
                for (; out != end; at += 2) {
                    *out++ = (int8_t)integrad_larger(at[0], at[1]);
                }
            } else if (columns == 2 && lines == 2) {
                for (; out != end; at += 2) {
                    const int32_t best = integrad_larger(at[0], at[1]);
                    *out++ = (int8_t)integrad_larger(integrad_larger(best, at[in_width]),
                                                     at[in_width + 1]);
                }
            } else {
                for (; out != end; at += columns) {
                    *out++ = (int8_t)integrad_maximum(at, lines, columns, in_width);
                }
            }
        }
    }
}
