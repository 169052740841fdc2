/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds the values of one output position to the inputs that gather8 would read for it (col2im);
 * those beyond the map are dropped. Four columns at a time, all lines of the map.
 */
INTEGRAD_KERNEL void integrad_scatter8(int32_t *map, const int32_t *patch,
                                       const struct integrad_shape *shape, int row, int column) {
    const int lines = shape->kernel_height, columns = shape->kernel_width;
    const int height = shape->in_height, width = shape->in_width;
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    const int above = integrad_window_first(top), below = integrad_window_end(top, lines, height);
    const int first = integrad_window_first(left), end = integrad_window_end(left, columns, width);
    if (below <= above) {
        return;
    }
    for (int j = 0; j < columns; j += 4) {
        /* Four bits for each of four columns, of those that are on the map. */
        const int from = first > j ? first - j : 0, to = end < j + 4 ? end - j : 4;
        if (to <= from) {
            continue;
        }
        const uint32_t there = (0xFFFFu << 4 * from) & (0xFFFFu >> 4 * (4 - to));
        const int32_t *values = patch + above * columns + j;
        int32_t *place = map + (top + above) * width + left + j;
        for (int c = shape->in_channels; c > 0; c--) {
            const int32_t *value = values;
            int32_t *line = place;
            __asm__ volatile("vmsr p0, %[there]\n\t"
                             "dls lr, %[lines]\n\t"
                             "1:\n\t"
                             "vpstttt\n\t"
                             "vldrwt.u32 q0, [%[line]]\n\t"
                             "vldrwt.u32 q1, [%[value]]\n\t"
                             "vaddt.i32 q0, q0, q1\n\t"
                             "vstrwt.32 q0, [%[line]]\n\t"
                             "add %[line], %[line], %[width]\n\t"
                             "add %[value], %[value], %[columns]\n\t"
                             "le lr, 1b"
                             : [line] "+r"(line), [value] "+r"(value)
                             : [there] "r"(there), [lines] "r"(below - above),
                               [width] "r"(4 * width), [columns] "r"(4 * columns)
                             : "q0", "q1", "lr", "cc", "memory");
            values += lines * columns;
            place += height * width;
        }
    }
}
