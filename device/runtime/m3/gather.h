/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map.
 */
INTEGRAD_KERNEL void integrad_gather(int16_t *patch, const int8_t *x,
                                     const struct integrad_shape *shape, int row, int column) {
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    const int first = integrad_window_first(left);
    const int end = integrad_window_end(left, shape->kernel_width, shape->in_width);
    for (int c = 0; c < shape->in_channels; c++) {
        const int8_t *line = x + top * shape->in_width + left;
        for (int i = top; i < top + shape->kernel_height; i++) {
            const int inside = i >= 0 && i < shape->in_height;
            for (int j = 0; j < shape->kernel_width; j++) {
                *patch++ = inside && j >= first && j < end ? line[j] : 0;
            }
            line += shape->in_width;
        }
        x += shape->in_height * shape->in_width;
    }
}
