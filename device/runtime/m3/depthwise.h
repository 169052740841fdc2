/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A convolution with one input and one output channel: s = w * x / scale, saturated. band: as many
 * lines of the map as the kernel has, padded with zeros at both ends; a new line replaces the
 * oldest one.
 */
INTEGRAD_KERNEL void integrad_depthwise(int8_t *s, const int16_t *w, const int8_t *x,
                                        const struct integrad_shape *shape, int32_t scale,
                                        int16_t *band) {
    const int lines = shape->kernel_height, width = shape->in_width;
    const int pitch = width + 2 * shape->padding_width;
    int8_t *const cells = (int8_t *)band;
    int next = -shape->padding_height, slot = 0; /* the next line, and where it goes */
    for (int i = 0; i < lines * pitch; i++) {
        cells[i] = 0;
    }
    for (int row = 0; row < shape->height; row++) {
        const int end = row * shape->stride_height - shape->padding_height + lines;
        for (; next < end; next++) {
            const int inside = next >= 0 && next < shape->in_height;
            const int8_t *const from = inside ? x + next * width : x;
            int8_t *const to = cells + slot * pitch + shape->padding_width;
            int j = 0;
            for (; j + 4 <= width; j += 4) {
                uint32_t four;
                __builtin_memcpy(&four, from + j, 4);
                four = inside ? four : 0;
                __builtin_memcpy(to + j, &four, 4);
            }
            for (; j < width; j++) {
                to[j] = inside ? from[j] : 0;
            }
            slot = slot + 1 < lines ? slot + 1 : 0;
        }
        integrad_depthwise_row(s, w, cells, slot, shape, scale);
        s += shape->width;
    }
}
