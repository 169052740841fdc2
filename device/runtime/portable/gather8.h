/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map.
 */
INTEGRAD_KERNEL void integrad_gather8(int8_t *patch, const int8_t *x,
                                      const struct integrad_shape *shape, int row, int column) {
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    for (int c = 0; c < shape->in_channels; c++) {
        for (int i = top; i < top + shape->kernel_height; i++) {
            const int8_t *const line = x + (c * shape->in_height + i) * shape->in_width;
            for (int j = left; j < left + shape->kernel_width; j++) {
                const int inside = i >= 0 && i < shape->in_height && j >= 0 && j < shape->in_width;
                *patch++ = inside ? line[j] : 0;
            }
        }
    }
}
