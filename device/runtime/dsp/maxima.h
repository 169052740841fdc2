/* SPDX-License-Identifier: Apache-2.0 */
/* A row of maxima of windows two wide and at least two high, from inputs x to end, four of each
 * line at a time. */
static inline int8_t *integrad_maxima_twos(int8_t *out, const int8_t *x, const int8_t *end,
                                           const struct integrad_pool *pool) {
    const int8_t *from;
    uint32_t best, other;
    int lines;
    __asm__ volatile(
        "1:\n\t"
        "ldr %[best], [%[x]], #4\n\t"
        "add %[from], %[x], %[line]\n\t"
        "mov %[lines], %[more]\n\t"
        "2:\n\t"
        "ldr %[other], [%[from], #-4]\n\t"
        "add %[from], %[from], %[line]\n\t"
        "ssub8 r12, %[other], %[best]\n\t"
        "sel %[best], %[other], %[best]\n\t"
        "subs %[lines], %[lines], #1\n\t"
        "bne 2b\n\t"
        "lsr %[other], %[best], #8\n\t"
        "ssub8 r12, %[other], %[best]\n\t"
        "sel %[best], %[other], %[best]\n\t"
        "strb %[best], [%[out]], #2\n\t"
        "lsr %[best], %[best], #16\n\t"
        "strb %[best], [%[out], #-1]\n\t"
        "cmp %[x], %[end]\n\t"
        "bne 1b"
        : [out] "+&r"(out), [x] "+&r"(x), [from] "=&r"(from), [best] "=&r"(best),
          [other] "=&r"(other), [lines] "=&r"(lines)
        : [end] "r"(end), [line] "r"(pool->in_width), [more] "r"(pool->window_height - 1)
        : "r12", "cc", "memory");
    return out;
}

/* The same for windows four wide. */
static inline int8_t *integrad_maxima_fours(int8_t *out, const int8_t *x, const int8_t *end,
                                            const struct integrad_pool *pool) {
    const int8_t *from;
    uint32_t best, other;
    int lines;
    __asm__ volatile(
        "1:\n\t"
        "ldr %[best], [%[x]], #4\n\t"
        "add %[from], %[x], %[line]\n\t"
        "mov %[lines], %[more]\n\t"
        "2:\n\t"
        "ldr %[other], [%[from], #-4]\n\t"
        "add %[from], %[from], %[line]\n\t"
        "ssub8 r12, %[other], %[best]\n\t"
        "sel %[best], %[other], %[best]\n\t"
        "subs %[lines], %[lines], #1\n\t"
        "bne 2b\n\t"
        "lsr %[other], %[best], #8\n\t"
        "ssub8 r12, %[other], %[best]\n\t"
        "sel %[best], %[other], %[best]\n\t"
        "lsr %[other], %[best], #16\n\t"
        "ssub8 r12, %[other], %[best]\n\t"
        "sel %[best], %[other], %[best]\n\t"
        "strb %[best], [%[out]], #1\n\t"
        "cmp %[x], %[end]\n\t"
        "bne 1b"
        : [out] "+&r"(out), [x] "+&r"(x), [from] "=&r"(from), [best] "=&r"(best),
          [other] "=&r"(other), [lines] "=&r"(lines)
        : [end] "r"(end), [line] "r"(pool->in_width), [more] "r"(pool->window_height - 1)
        : "r12", "cc", "memory");
    return out;
}

/* The maximum of each pooling window. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool) {
    const int window = pool->window_width, line = pool->in_width;
    int inputs = 0; /* of a row that are seen by fours */
    if (pool->window_height > 1 && (window == 2 || window == 4)) {
        inputs = pool->width * window & ~3;
    }
    for (int c = 0; c < pool->channels; c++) {
        const int8_t *from = x + c * pool->in_height * line;
        for (int row = 0; row < pool->height; row++, from += pool->window_height * line) {
            const int8_t *const end = out + pool->width, *const rest = from + inputs;
            if (inputs > 0) {
                out = window == 2 ? integrad_maxima_twos(out, from, rest, pool)
                                  : integrad_maxima_fours(out, from, rest, pool);
            }
            for (const int8_t *at = rest; out != end; at += window) {
                int8_t best = -127;
                for (int i = 0; i < pool->window_height; i++) {
                    for (int j = 0; j < window; j++) {
                        best = at[i * line + j] > best ? at[i * line + j] : best;
                    }
                }
                *out++ = best;
            }
        }
    }
}
