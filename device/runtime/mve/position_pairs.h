/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definition of a function, INTEGRAD_CHANNELS, that computes `outs` channels of a convolution, two
 * positions at a time, by INTEGRAD_ROWS. Included with both names defined, once per width of sums:
 * the call is direct, without a pointer to a function.
 */
static void INTEGRAD_CHANNELS(int8_t *s, const int16_t *w, const int8_t *x,
                              const struct integrad_shape *shape, size_t outs, int32_t scale,
                              int16_t *patches) {
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    const size_t group = (outs + 3) / 4, last = outs - group;
    struct integrad_four_rows rows;
    rows.scale = integrad_reciprocal(scale, 31);
    rows.step = positions;
    rows.patches = patches;
    rows.passes = (n / 8 + 5) / 6;
    /* 56 bytes of code for eight values, then 8 that end the loop. */
    rows.skip = n < 8 ? 6 * 56 + 8 : 56 * (6 * rows.passes - n / 8);
    rows.head = n % 8;
    rows.end = w + group * n;
    for (size_t k = 0; k < 4; k++) {
        const size_t first = k * group < last ? k * group : last;
        rows.w[k] = w + first * n;
        rows.offsets[2 * k] = (uint16_t)(first * positions);
        rows.offsets[2 * k + 1] = (uint16_t)(first * positions + 1);
    }
    struct integrad_window window;
    integrad_window_open(&window, shape);
    integrad_window_move(&window, x, 0);
    const int stride = shape->stride_width, start = -shape->padding_width;
    const int end = start + shape->width * stride;
    const int pairs = n % 8 == 0 && window.period == n;
    int row = 0, left = start;
    for (size_t position = 0; position < positions;) {
        if (pairs && position % 2 == 0 && left >= 0 && left + stride <= window.last_whole) {
            const int8_t *const from = window.line + left;
            integrad_gather_pair(patches, from, from + stride, window.offsets, n / 8);
            left += stride;
            position++;
        } else {
            integrad_gather_turn(patches, position % 2, &window, left);
        }
        left += stride;
        position++;
        if (position % 2 == 0) {
            rows.s = s + position - 2;
            INTEGRAD_ROWS(&rows);
        } else if (position == positions) { /* the last one, twice */
            integrad_gather_turn(patches, 1, &window, left - stride);
            for (size_t k = 0; k < 8; k += 2) {
                rows.offsets[k + 1] = rows.offsets[k];
            }
            rows.s = s + position - 1;
            INTEGRAD_ROWS(&rows);
        }
        if (left == end && position < positions) {
            left = start;
            integrad_window_move(&window, x, ++row);
        }
    }
}

#undef INTEGRAD_CHANNELS
#undef INTEGRAD_ROWS
