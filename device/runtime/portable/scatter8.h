/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds the values of one output position to the inputs that gather8 would read for it (col2im);
 * those beyond the map are dropped.
 */
INTEGRAD_KERNEL void integrad_scatter8(int32_t *map, const int32_t *patch,
                                       const struct integrad_shape *shape, int row, int column) {
    const int lines = shape->kernel_height, columns = shape->kernel_width;
    const int height = shape->in_height, width = shape->in_width;
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    const int above = integrad_window_first(top), first = integrad_window_first(left);
    const int below = integrad_window_end(top, lines, height);
    const int end = integrad_window_end(left, columns, width);
    map += (top + above) * width + left;
    patch += above * columns;
    for (int c = shape->in_channels; c > 0; c--) {
        int32_t *line = map;
        const int32_t *values = patch;
        for (int i = above; i < below; i++) {
            for (int j = first; j < end; j++) {
                line[j] += values[j];
            }
            values += columns;
            line += width;
        }
        patch += lines * columns;
        map += height * width;
    }
}
