/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maxima of adjacent windows of width two or four: of sixteen inputs of each of their lines, or
 * of those of `left` windows.
 */
static inline void integrad_maxima_sixteen(int8_t *out, const int8_t *x, int left, int window,
                                           int lines, int in_width) {
    int8x16_t best = vdupq_n_s8(-127);
    __asm__ volatile("vctp.8 %[inputs]\n\t"
                     "dls lr, %[lines]\n\t"
                     "1:\n\t"
                     "vpstt\n\t"
                     "vldrbt.u8 q0, [%[x]]\n\t"
                     "vmaxt.s8 %q[best], %q[best], q0\n\t"
                     "add %[x], %[x], %[width]\n\t"
                     "le lr, 1b\n\t"
                     "vrev16.8 q0, %q[best]\n\t"
                     "vmax.s8 %q[best], %q[best], q0"
                     : [best] "+&w"(best), [x] "+&l"(x)
                     : [inputs] "r"(left * window), [lines] "r"(lines), [width] "r"(in_width)
                     : "q0", "lr", "memory");
    if (window == 2) {
        vstrbq_p_s16(out, vreinterpretq_s16_s8(best), vctp16q((uint32_t)left));
    } else {
        best = vmaxq_s8(best, vrev32q_s8(best));
        vstrbq_p_s32(out, vreinterpretq_s32_s8(best), vctp32q((uint32_t)left));
    }
}

/*
 * The same for windows of any width, sixteen at a time, or one if 8-bit offsets cannot address
 * them.
 */
static void integrad_maxima_any(int8_t *out, const int8_t *x, int left, int window, int lines,
                                int in_width) {
    const uint8x16_t offsets = vmulq_n_u8(vidupq_n_u8(0, 1), (uint8_t)window);
    const mve_pred16_t p = vctp8q((uint32_t)left);
    int8x16_t best = vdupq_n_s8(-127);
    for (int i = 0; i < lines; i++, x += in_width) {
        for (int j = 0; j < window; j++) {
            best = vmaxq_s8(best, vldrbq_gather_offset_z_s8(x + j, offsets, p));
        }
    }
    vstrbq_p_s8(out, best, p);
}

/* The maximum of each pooling window. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool) {
    const int window = pool->window_width, lines = pool->window_height;
    const int width = pool->width, height = pool->height, in_width = pool->in_width;
    const int even = window == 2 || window == 4;
    const int together = even ? 16 / window : window <= 17 ? 16 : 1;
    const int rest = (pool->in_height - height * lines) * in_width;
    for (int c = pool->channels; c > 0; c--, x += rest) {
        for (int row = height; row > 0; row--, x += lines * in_width) {
            const int8_t *from = x;
            for (int left = width; left > 0; left -= together, from += together * window) {
                const int count = left < together ? left : together;
                if (even) {
                    integrad_maxima_sixteen(out, from, count, window, lines, in_width);
                } else {
                    integrad_maxima_any(out, from, count, window, lines, in_width);
                }
                out += count;
            }
        }
    }
}
