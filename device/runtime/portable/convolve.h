/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s = w * x / scale, saturated, two positions at a time: patches contains their inputs side by
 * side, two rows of weights, each rounded up to an even length.
 */
INTEGRAD_KERNEL void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, int32_t scale,
                                       int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    int16_t *patch = patches;
    for (int row = 0; row < shape->height; row++) {
        for (int column = 0; column < shape->width; column++) {
            integrad_gather(patch, x, shape, row, column);
            if (patch == patches) {
                patch += n + (n & 1);
            } else {
                integrad_linear2(s, positions, w, patches, outs, n, scale);
                s += 2;
                patch = patches;
            }
        }
    }
    if (patch != patches) {
        integrad_linear(s, positions, w, patches, outs, n, scale);
    }
}
