/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definition of a function that was declared before, INTEGRAD_CONVOLVE: s = w * x / scale,
 * saturated, two positions at a time, by INTEGRAD_TWO_VECTORS and INTEGRAD_ONE_VECTOR. patches
 * contains the inputs of two positions side by side, two rows of weights, each rounded up to an
 * even length. Included with the names defined, once per width of sums: calls are direct, without
 * pointers to functions.
 */
void INTEGRAD_CONVOLVE(int8_t *s, const int16_t *w, const int8_t *x,
                       const struct integrad_shape *shape, int32_t scale, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    const size_t pitch = n + (n & 1);
    const int in_width = shape->in_width;
    /* The two columns between must lie on the map. */
    const int pairs = shape->kernel_width == 3 && shape->stride_width == 1 &&
                      shape->padding_width <= 1 && in_width >= 2;
    struct integrad_two_positions how;
    int16_t *patch = patches;
    how.width = in_width;
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        const int first = integrad_window_first(top);
        const int8_t *const line = x + (top + first) * in_width;
        int blank = 0; /* patches hold 0 in lines that are off the map */
        how.lines = integrad_window_end(top, shape->kernel_height, shape->in_height) - first;
        how.input_gap = (shape->in_height - how.lines) * in_width;
        how.gap = 6 * (shape->kernel_height - how.lines);
        how.end = patches + n + 3 * first;
        for (int column = 0; column < shape->width; column++) {
            if (pairs && patch == patches && column + 1 < shape->width) {
                if (how.gap > 0 && !blank) {
                    for (size_t i = 0; i < 2 * pitch; i++) {
                        patches[i] = 0;
                    }
                    blank = 1;
                }
                integrad_gather_two(patches, pitch, line, first, column - shape->padding_width,
                                    in_width, &how);
                column++;
            } else {
                integrad_gather(patch, x, shape, row, column);
                blank = 0;
                if (patch == patches) {
                    patch += pitch;
                    continue;
                }
            }
            if (outs > 1) {
                INTEGRAD_TWO_VECTORS(s, positions, w, patches, outs, n, scale);
            } else {
                INTEGRAD_ONE_VECTOR(s, positions, w, patches, outs, n, scale);
                INTEGRAD_ONE_VECTOR(s + 1, positions, w, patches + pitch, outs, n, scale);
            }
            s += 2;
            patch = patches;
        }
    }
    if (patch != patches) {
        INTEGRAD_ONE_VECTOR(s, positions, w, patches, outs, n, scale);
    }
}

#undef INTEGRAD_CONVOLVE
#undef INTEGRAD_TWO_VECTORS
#undef INTEGRAD_ONE_VECTOR
