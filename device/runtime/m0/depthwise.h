/* SPDX-License-Identifier: Apache-2.0 */
#include "scaled_by.h"

/* The sum of nine products; lines are `line` elements apart. */
static inline int32_t integrad_nine(const int16_t *w, const int8_t *a, int line) {
    const int8_t *const b = a + line, *const c = b + line;
    int32_t z = w[0] * a[0] + w[1] * a[1] + w[2] * a[2];
    z += w[3] * b[0] + w[4] * b[1] + w[5] * b[2];
    return z + w[6] * c[0] + w[7] * c[1] + w[8] * c[2];
}

/*
 * A convolution with one input and one output channel: s = w * x / scale, saturated. band: not
 * used.
 */
INTEGRAD_KERNEL void integrad_depthwise(int8_t *s, const int16_t *w, const int8_t *x,
                                        const struct integrad_shape *shape, int32_t scale,
                                        int16_t *band) {
    struct integrad_reciprocal reciprocal;
    integrad_reciprocal(&reciprocal, (uint32_t)scale);
    (void)band;
    const int nine = shape->kernel_height == 3 && shape->kernel_width == 3;
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
        for (int column = 0; column < shape->width; column++) {
            const int left = column * shape->stride_width - shape->padding_width;
            if (nine && top >= 0 && left >= 0 && top + 3 <= shape->in_height &&
                left + 3 <= shape->in_width) {
                const int32_t sum =
                    integrad_nine(w, x + top * shape->in_width + left, shape->in_width);
                *s++ = integrad_scaled_by(sum, &reciprocal);
                continue;
            }
            const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
            int32_t z = 0;
            for (int i = integrad_window_first(top); i < i_end; i++) {
                const int8_t *const line = x + (top + i) * shape->in_width;
                for (int j = integrad_window_first(left); j < j_end; j++) {
                    z += w[i * shape->kernel_width + j] * line[left + j];
                }
            }
            *s++ = integrad_scaled_by(z, &reciprocal);
        }
    }
}
