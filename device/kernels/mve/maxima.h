/* The largest values of windows two or four wide, side by side in a row: of sixteen inputs of each
 * line, or of those of `left` windows. */
static inline void integrad_maxima_sixteen(int8_t *out, const int8_t *x, int left,
                                           const struct integrad_pool *pool) {
    int8x16_t best = vdupq_n_s8(-127);
    __asm__ volatile("vctp.8 %[inputs]\n\t"
                     "dls lr, %[lines]\n\t"
                     "1:\n\t"
                     "vpstt\n\t"
                     "vldrbt.u8 q0, [%[x]]\n\t"
                     "vmaxt.s8 %q[best], %q[best], q0\n\t"
                     "add %[x], %[x], %[line]\n\t"
                     "le lr, 1b\n\t"
                     "vrev16.8 q0, %q[best]\n\t"
                     "vmax.s8 %q[best], %q[best], q0"
                     : [best] "+&w"(best), [x] "+&l"(x)
                     : [inputs] "r"(left * pool->window_width), [lines] "r"(pool->window_height),
                       [line] "r"(pool->in_width)
                     : "q0", "lr", "memory");
    if (pool->window_width == 2) {
        vstrbq_p_s16(out, vreinterpretq_s16_s8(best), vctp16q((uint32_t)left));
    } else {
        best = vmaxq_s8(best, vrev32q_s8(best));
        vstrbq_p_s32(out, vreinterpretq_s32_s8(best), vctp32q((uint32_t)left));
    }
}

/* The same for windows of any width, sixteen of them, or one where they are wider than offsets of 8
 * bits reach. */
static inline void integrad_maxima_any(int8_t *out, const int8_t *x, int left,
                                       const struct integrad_pool *pool) {
    const uint8x16_t offsets = vmulq_n_u8(vidupq_n_u8(0, 1), (uint8_t)pool->window_width);
    const mve_pred16_t p = vctp8q((uint32_t)left);
    int8x16_t best = vdupq_n_s8(-127);
    for (int i = 0; i < pool->window_height; i++, x += pool->in_width) {
        for (int j = 0; j < pool->window_width; j++) {
            best = vmaxq_s8(best, vldrbq_gather_offset_z_s8(x + j, offsets, p));
        }
    }
    vstrbq_p_s8(out, best, p);
}

/* The largest value of each window of a pool. */
static void integrad_maxima(int8_t *out, const int8_t *x, const struct integrad_pool *pool) {
    const int window = pool->window_width, even = window == 2 || window == 4;
    const int together = even ? 16 / window : window <= 17 ? 16 : 1;
    const int plane = pool->in_height * pool->in_width,
              lines = pool->window_height * pool->in_width;
    for (int c = 0; c < pool->channels; c++, x += plane) {
        const int8_t *line = x;
        for (int row = 0; row < pool->height; row++, line += lines) {
            for (int column = 0; column < pool->width; column += together) {
                const int rest = pool->width - column, left = rest < together ? rest : together;
                if (even) {
                    integrad_maxima_sixteen(out, line + column * window, left, pool);
                } else {
                    integrad_maxima_any(out, line + column * window, left, pool);
                }
                out += left;
            }
        }
    }
}
