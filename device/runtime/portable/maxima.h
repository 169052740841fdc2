/* The largest value of each window of a pool. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool) {
    const int lines = pool->window_height * pool->in_width;
    for (int c = 0; c < pool->channels; c++) {
        const int8_t *line = x + c * pool->in_height * pool->in_width;
        for (int row = 0; row < pool->height; row++, line += lines) {
            for (int column = 0; column < pool->width; column++) {
                const int8_t *const window = line + column * pool->window_width;
                int8_t best = -127;
                for (int i = 0; i < pool->window_height; i++) {
                    for (int j = 0; j < pool->window_width; j++) {
                        const int8_t value = window[i * pool->in_width + j];
                        best = value > best ? value : best;
                    }
                }
                *out++ = best;
            }
        }
    }
}
