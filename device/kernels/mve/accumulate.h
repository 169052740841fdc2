/* gradient[i] += d * from[offsets[i]], four at a time. */
static inline void integrad_accumulate_fours(int32_t *gradient, const int8_t *from,
                                             const uint16_t *offsets, int32_t d, size_t count) {
    __asm__ volatile("dlstp.32 lr, %[count]\n\t"
                     "1:\n\t"
                     "vldrh.u32 q0, [%[offsets]], #8\n\t"
                     "vldrb.s32 q1, [%[from], q0]\n\t"
                     "vldrw.u32 q0, [%[gradient]]\n\t"
                     "vmla.s32 q0, q1, %[d]\n\t"
                     "vstrw.32 q0, [%[gradient]], #16\n\t"
                     "letp lr, 1b"
                     : [gradient] "+&r"(gradient), [offsets] "+&l"(offsets)
                     : [from] "r"(from), [d] "r"(d), [count] "r"(count)
                     : "q0", "q1", "lr", "memory");
}

/* The same where columns before `first` and from `end` on are off the map. */
static inline void integrad_accumulate_edge(int32_t *gradient, const int8_t *from,
                                            const uint16_t *offsets, int32_t d, size_t count,
                                            const int8_t *columns, int first, int end) {
    __asm__ volatile(
        "dlstp.32 lr, %[count]\n\t"
        "1:\n\t"
        "vldrb.s32 q2, [%[columns]], #4\n\t"
        "vldrh.u32 q0, [%[offsets]], #8\n\t"
        "vptt.s32 ge, q2, %q[first]\n\t"
        "vcmpt.s32 gt, %q[end], q2\n\t"
        "vldrbt.s32 q1, [%[from], q0]\n\t"
        "vldrw.u32 q0, [%[gradient]]\n\t"
        "vmla.s32 q0, q1, %[d]\n\t"
        "vstrw.32 q0, [%[gradient]], #16\n\t"
        "letp lr, 1b"
        : [gradient] "+&r"(gradient), [offsets] "+&l"(offsets), [columns] "+&l"(columns)
        : [from] "r"(from), [d] "r"(d), [count] "r"(count), [first] "w"(vdupq_n_s32(first)),
          [end] "w"(vdupq_n_s32(end))
        : "q0", "q1", "q2", "lr", "memory");
}

/* A position's share: d times the inputs there. */
static void integrad_accumulate_position(int32_t *gradient, const struct integrad_window *window,
                                         int left, int32_t d) {
    const int whole = left >= 0 && left <= window->last_whole;
    const int8_t *from = window->line + left;
    for (size_t rest = window->n; rest > 0;) {
        const size_t count = rest < window->period ? rest : window->period;
        if (whole) {
            integrad_accumulate_fours(gradient, from, window->offsets, d, count);
        } else {
            integrad_accumulate_edge(gradient, from, window->offsets, d, count, window->columns,
                                     integrad_window_left(left),
                                     integrad_window_right(window, left));
        }
        gradient += count;
        from += window->period_bytes;
        rest -= count;
    }
}

/* A sample's share where the offsets of the inputs do not fit a window. */
static void integrad_accumulate_plain(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                      const struct integrad_shape *shape) {
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
        for (int column = 0; column < shape->width; column++) {
            const int left = column * shape->stride_width - shape->padding_width;
            const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
            const int32_t d = *delta++;
            if (d == 0) {
                continue;
            }
            for (int c = 0; c < shape->in_channels; c++) {
                for (int i = integrad_window_first(top); i < i_end; i++) {
                    const int cell = (c * shape->kernel_height + i) * shape->kernel_width;
                    const int line = (c * shape->in_height + top + i) * shape->in_width;
                    for (int j = integrad_window_first(left); j < j_end; j++) {
                        gradient[cell + j] += d * x[line + left + j];
                    }
                }
            }
        }
    }
}

/* Four bits for each of the next four errors, or as many as there are, that is not 0. */
static inline uint32_t integrad_nonzero(const int32_t *delta, uint32_t count) {
    uint32_t mask;
    __asm__ volatile("vctp.32 %[count]\n\t"
                     "vpstt\n\t"
                     "vldrwt.u32 q0, [%[delta]]\n\t"
                     "vcmpt.i32 ne, q0, zr\n\t"
                     "vmrs %[mask], p0"
                     : [mask] "=r"(mask)
                     : [delta] "r"(delta), [count] "r"(count)
                     : "q0", "memory");
    return mask;
}

/*
 * Adds one sample's share to the gradient of one channel's weights: over all positions, the error
 * there times the inputs there. Most errors behind a pooled head are 0.
 */
static void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                const struct integrad_shape *shape) {
    if (!integrad_window_fits(shape)) {
        integrad_accumulate_plain(gradient, x, delta, shape);
        return;
    }
    const uint32_t positions = (uint32_t)(shape->height * shape->width);
    uint32_t row_begin = 0, row_end = (uint32_t)shape->width;
    int row = 0;
    struct integrad_window window;
    integrad_window_open(&window, shape);
    integrad_window_move(&window, x, 0);
    for (uint32_t p = 0; p < positions; p += 4) {
        uint32_t mask = integrad_nonzero(delta + p, positions - p);
        while (mask != 0) {
            const uint32_t lane = (uint32_t)__builtin_ctz(mask) / 4, position = p + lane;
            mask &= ~((uint32_t)15 << 4 * lane);
            if (position >= row_end) {
                do {
                    row_begin = row_end;
                    row_end += (uint32_t)shape->width;
                    row++;
                } while (position >= row_end);
                integrad_window_move(&window, x, row);
            }
            const int column = (int)(position - row_begin);
            const int left = column * shape->stride_width - shape->padding_width;
            if (left >= 0 && left <= window.last_whole && window.period == window.n) {
                integrad_accumulate_fours(gradient, window.line + left, window.offsets,
                                          delta[position], window.n);
            } else {
                integrad_accumulate_position(gradient, &window, left, delta[position]);
            }
        }
    }
}
