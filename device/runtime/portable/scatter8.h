/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds the values of one output position to the inputs that gather8 would read for it (col2im);
 * those beyond the map are dropped.
 */
INTEGRAD_KERNEL void integrad_scatter8(int32_t *map, const int32_t *patch,
                                       const struct integrad_shape *shape, int row, int column) {
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    for (int c = 0; c < shape->in_channels; c++) {
        for (int i = top; i < top + shape->kernel_height; i++) {
            int32_t *const line = map + (c * shape->in_height + i) * shape->in_width;
            for (int j = left; j < left + shape->kernel_width; j++, patch++) {
                if (i >= 0 && i < shape->in_height && j >= 0 && j < shape->in_width) {
                    line[j] += *patch;
                }
            }
        }
    }
}
