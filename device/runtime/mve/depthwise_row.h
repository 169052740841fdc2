/* SPDX-License-Identifier: Apache-2.0 */
/* A row of positions, eight at a time; positions beyond its end read the bytes after the band. */
static inline __attribute__((always_inline)) void
integrad_depthwise_eights(int8_t *s, const int16_t *w, const int8_t *band, int first, int columns,
                          int stride, const struct integrad_shape *shape, int32_t scale) {
    const struct integrad_reciprocal reciprocal = integrad_reciprocal(scale, 31);
    const int lines = shape->kernel_height;
    const int pitch = shape->in_width + 2 * shape->padding_width;
    const int8_t *const begin = band + first * pitch;
    for (int column = 0; column < shape->width; column += 8) {
        const int8_t *line = begin + column * stride;
        const int16_t *weight = w;
        int32x4_t z = vdupq_n_s32(0), other = z;
        for (int i = lines; i > 0; i--) {
            int j = 0;
            for (; j + 3 <= columns; j += 3, weight += 3) {
                integrad_eight_products(&z, &other, line + j, stride, weight[0]);
                integrad_eight_products(&z, &other, line + j + 1, stride, weight[1]);
                integrad_eight_products(&z, &other, line + j + 2, stride, weight[2]);
            }
            for (; j < columns; j++) {
                integrad_eight_products(&z, &other, line + j, stride, *weight++);
            }
            line += i == first + 1 ? pitch - lines * pitch : pitch;
        }
        const int rest = shape->width - column;
        integrad_store_four(s + column, z, &reciprocal, rest);
        if (rest > 4) {
            integrad_store_four(s + column + 4, other, &reciprocal, rest - 4);
        }
    }
}

/*
 * A row of positions. first: index of the line of the band for the first line of the kernel; the
 * others follow cyclically.
 */
static void integrad_depthwise_row(int8_t *s, const int16_t *w, const int8_t *band, int first,
                                   const struct integrad_shape *shape, int32_t scale) {
    if (shape->kernel_width == 3 && shape->stride_width == 1) {
        integrad_depthwise_eights(s, w, band, first, 3, 1, shape, scale);
    } else {
        integrad_depthwise_eights(s, w, band, first, shape->kernel_width, shape->stride_width,
                                  shape, scale);
    }
}
