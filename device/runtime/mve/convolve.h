/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of four rows for two positions. */
__attribute__((naked, noinline)) static void
integrad_convolve_rows(__attribute__((unused)) const struct integrad_four_rows *rows) {
    __asm__ volatile(INTEGRAD_FOUR_ROWS("0", "", "", INTEGRAD_FOUR_ROWS_PARTS, "")::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

static void integrad_convolve_channels(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, size_t outs,
                                       int32_t scale, int16_t *patches);
#define INTEGRAD_CHANNELS integrad_convolve_channels
#define INTEGRAD_ROWS integrad_convolve_rows
#include "position_pairs.h"

/*
 * s = w * x / scale, saturated, as many channels at a time as 16-bit offsets can address. patches:
 * two rows of weights. Large kernels, maps and scales are processed position by position.
 */
INTEGRAD_KERNEL void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, int32_t scale,
                                       int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width), most = 65535 / positions;
    if (integrad_few_fit(shape)) {
        integrad_convolve_few(s, w, x, shape, scale);
        return;
    }
    if (scale > 1 << 23 || most == 0 || !integrad_window_fits(shape)) {
        for (int row = 0; row < shape->height; row++) {
            for (int column = 0; column < shape->width; column++) {
                integrad_gather(patches, x, shape, row, column);
                integrad_linear(s++, positions, w, patches, outs, n, scale);
            }
        }
        return;
    }
    for (size_t o = 0; o < outs; o += most) {
        const size_t channels = outs - o < most ? outs - o : most;
        integrad_convolve_channels(s + o * positions, w + o * n, x, shape, channels, scale,
                                   patches);
    }
}
