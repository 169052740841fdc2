/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of positions. first: index of the line of the band for the first line of the kernel; the
 * others follow cyclically.
 */
static void integrad_depthwise_row(int8_t *s, const int16_t *w, const int8_t *band, int first,
                                   const struct integrad_shape *shape, int32_t scale) {
    const int lines = shape->kernel_height, columns = shape->kernel_width;
    const int pitch = shape->in_width + 2 * shape->padding_width;
    if (lines == 3 && columns == 3) {
        const int8_t *const b = band + (first < 2 ? first + 1 : 0) * pitch;
        const int8_t *const c = band + (first < 1 ? 2 : first - 1) * pitch;
        integrad_depthwise_nine(s, w, band + first * pitch, b, c, shape->width, shape->stride_width,
                                scale);
        return;
    }
    for (int column = 0; column < shape->width; column++) {
        const int8_t *line = band + first * pitch + column * shape->stride_width;
        const int16_t *weight = w;
        int32_t z = 0;
        for (int i = first; i < first + lines; i++) {
            for (int j = 0; j < columns; j++) {
                z += *weight++ * line[j];
            }
            line += i + 1 == lines ? pitch - lines * pitch : pitch;
        }
        *s++ = integrad_scaled(z, scale);
    }
}
