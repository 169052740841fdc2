/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s = w * x / (256 * fan-in), saturated, for sums of any size, position by position. patches: a row
 * of weights long.
 */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    struct integrad_cut whole;
    integrad_cut(&whole, shape, 0, 0, 2);
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        int left = -shape->padding_width;
        for (int column = 0; column < shape->width; column++) {
            integrad_gather_cut(patches, x, shape, top, left, &whole);
            integrad_linear_wide(s++, positions, w, patches, outs, n);
            left += shape->stride_width;
        }
    }
}
