/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map.
 */
INTEGRAD_KERNEL void integrad_gather8(int8_t *patch, const int8_t *x,
                                      const struct integrad_shape *shape, int row, int column) {
    const int lines = shape->kernel_height, columns = shape->kernel_width;
    const int height = shape->in_height, width = shape->in_width;
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    const int first = integrad_window_first(left);
    const int end = integrad_window_end(left, columns, width);
    x += top * width + left;
    for (int c = shape->in_channels; c > 0; c--) {
        const int8_t *line = x;
        for (int i = top; i < top + lines; i++) {
            const int stop = i >= 0 && i < height ? end : 0;
            for (int j = 0; j < columns; j++) {
                *patch++ = j >= first && j < stop ? line[j] : 0;
            }
            line += width;
        }
        x += height * width;
    }
}
