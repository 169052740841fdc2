/* SPDX-License-Identifier: Apache-2.0 */
/* s = w * x / (256 * fan-in), saturated, for sums of any size. patch: a row of weights long. */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patch) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    for (int row = 0; row < shape->height; row++) {
        for (int column = 0; column < shape->width; column++) {
            integrad_gather(patch, x, shape, row, column);
            integrad_linear_wide(s++, positions, w, patch, outs, n);
        }
    }
}
