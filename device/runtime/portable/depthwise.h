/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A convolution with one input and one output channel: s = w * x / scale, saturated. band: buffer
 * for as many padded lines of the map as the kernel has.
 */
INTEGRAD_KERNEL void integrad_depthwise(int8_t *s, const int16_t *w, const int8_t *x,
                                        const struct integrad_shape *shape, int32_t scale,
                                        int16_t *band) {
    (void)band;
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
        for (int column = 0; column < shape->width; column++) {
            const int left = column * shape->stride_width - shape->padding_width;
            const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
            int32_t z = 0;
            for (int i = integrad_window_first(top); i < i_end; i++) {
                const int8_t *const line = x + (top + i) * shape->in_width;
                for (int j = integrad_window_first(left); j < j_end; j++) {
                    z += (int32_t)w[i * shape->kernel_width + j] * line[left + j];
                }
            }
            *s++ = integrad_scaled(z, scale);
        }
    }
}
