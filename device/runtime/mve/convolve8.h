/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values. Four positions and three channels at a time, or two positions and
 * six channels, some of them twice where these are no multiples; one channel in place of three
 * where there are only two.
 */
INTEGRAD_INLINE void integrad_convolve8_with(int8_t *out, size_t step, const int8_t *weights,
                                             const int8_t *bias, const int8_t *x,
                                             const struct integrad_shape *shape, int row,
                                             int column, int count, int shift, int leak,
                                             int32_t *work) {
    int channels = shape->channels, wide = channels < 3 ? 1 : 3; /* channels of a pass */
    const int n = shape->in_channels * shape->kernel_height * shape->kernel_width;
    const int apart = (n + 15) & ~15;
    if (bias && wide < 3) {
        for (int k = 0; k < count; k++) {
            integrad_position8(out + k, step, weights, bias, x, shape, row, column + k, shift, leak,
                               (int8_t *)work);
        }
        return;
    }
    int8_t few[3 * 32 + 20]; /* slots of so few values may exceed the workspace */
    int8_t *const slots = n > 20 ? (int8_t *)work : few;
    int8_t *first = slots; /* the values of the first line on the map */
    struct integrad_lines8 lines;
    struct integrad_rows8 rows;
    rows.end = weights + channels * n;
    rows.both = 2 * apart;
    rows.next = wide * n - apart;
    rows.across = wide > 1 ? n : 0;
    rows.away = (int)((unsigned)(shift + 31) >> 5);
    rows.by = -shift - (int)((unsigned)(shift + 1) >> 5); /* -32 for 31, which leaves nothing */
    rows.rounding = leak > 0 ? leak - 1 : 127;
    rows.slope = leak > 0 ? __builtin_clz((unsigned)leak) - 31 : -7;
    rows.step = wide > 1 ? (int)step : 0;
    if (bias) {
        rows.bias = bias;
    }
    int top = row * shape->stride_height - shape->padding_height, below = shape->kernel_height;
    if (top < 0 || top + below > shape->in_height) {
        integrad_clear8(slots, 3 * apart + n);
        below = integrad_window_end(top, below, shape->in_height);
        if (top < 0) {
            first -= top * shape->kernel_width;
            below += top;
            top = 0;
        }
    }
    const int small = below > 0 && integrad_lines_fit8(shape, n);
    int k = 0, end = count;
    unsigned same = 0;
    if (count < 4) {
        same = count > 1 ? 1 : 2;
    } else if (count % 4 < 3) {
        end = count & ~3; /* one or two are left */
    }
    for (;;) {
        __asm__("" : "+r"(same), "+r"(wide)); /* lest all cases are prepared */
        const int positions = 4 >> same;
        const int extra = same == 0 ? 0 : channels < 2 * wide ? channels - wide : wide;
        rows.last = rows.end - (wide + extra) * n;
        rows.second = extra * n - apart;
        rows.next_out = (1 + extra) * (int)step;
        if (bias) {
            rows.extra = extra;
            rows.together = wide + extra;
        }
        const uint32_t odd = same == 0 ? 1 : (uint32_t)extra * step, upper = 2u >> same;
        rows.places = (uint32x4_t){0, odd, upper, odd + upper};
        if (small) {
            integrad_open_lines8(&lines, first, n, x, shape, top, below, same);
        }
        do {
            k = k > count - positions ? count - positions : k;
            if (small) {
                integrad_fill_lines8(&lines, shape, column + k);
            } else {
                integrad_fill_slots8(slots, n, x, shape, row, column + k, (int)same);
            }
            if (bias) {
                integrad_go_over_biased_rows8(out + k, weights, slots, n, &rows);
            } else {
                integrad_go_over_rows8(out + k, weights, slots, n, &rows);
            }
            k += positions;
        } while (k < end);
        if (k >= count) {
            return;
        }
        same = 1;
        end = count;
    }
}

INTEGRAD_KERNEL void integrad_convolve8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *x, const struct integrad_shape *shape,
                                        int row, int column, int count, int shift, int leak,
                                        int32_t *work) {
    integrad_convolve8_with(out, step, weights, NULL, x, shape, row, column, count, shift, leak,
                            work);
}

INTEGRAD_KERNEL void integrad_convolve8_biased(int8_t *out, size_t step, const int8_t *weights,
                                               const int8_t *bias, const int8_t *x,
                                               const struct integrad_shape *shape, int row,
                                               int column, int count, int shift, int leak,
                                               int32_t *work) {
    integrad_convolve8_with(out, step, weights, bias, x, shape, row, column, count, shift, leak,
                            work);
}
