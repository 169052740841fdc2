/* SPDX-License-Identifier: Apache-2.0 */
#include "gather_two.h"

/*
 * integrad_linear_wide for two vectors and three rows or more: the second vector begins `pitch`
 * values after the first one, and its results are s[o * step + 1]. The last three rows overlap the
 * previous ones if outs is not a multiple of three.
 */
static void integrad_linear2_wide(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                  size_t pitch, size_t outs, size_t n) {
    const int32_t scale = 256 * (int32_t)n;
    for (size_t o = 0; o < outs; o += 3) {
        int64_t sums[6] = {0, 0, 0, 0, 0, 0};
        int32_t part[6];
        if (outs - o < 3) {
            o = outs - 3;
        }
        for (size_t i = 0; i < n; i += INTEGRAD_PART) {
            size_t count = n - i;
            if (count > INTEGRAD_PART) {
                count = INTEGRAD_PART;
            }
            integrad_six_parts(part, w + o * n + i, n, x + i, pitch, count);
            for (size_t k = 0; k < 6; k++) {
                sums[k] += part[k];
            }
        }
        for (size_t k = 0; k < 6; k++) {
            s[(o + k / 2) * step + k % 2] = integrad_scaled(integrad_limited(sums[k]), scale);
        }
    }
}

/*
 * s = w * x / (256 * fan-in), saturated, for sums of any size, two positions at a time: patches
 * contains their inputs side by side, two rows of weights, each rounded up to an even length.
 */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches) {
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
            if (outs > 2) {
                integrad_linear2_wide(s, positions, w, patches, pitch, outs, n);
            } else {
                integrad_linear_wide(s, positions, w, patches, outs, n);
                integrad_linear_wide(s + 1, positions, w, patches + pitch, outs, n);
            }
            s += 2;
            patch = patches;
        }
    }
    if (patch != patches) {
        integrad_linear_wide(s, positions, w, patches, outs, n);
    }
}
