/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds the contribution of one sample to the gradient of the weights of one channel: the sum over
 * `count` positions of error times inputs. places: the positions, or 0 for all positions in order.
 */
INTEGRAD_KERNEL void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                         const int32_t *places, size_t count,
                                         const struct integrad_shape *shape) {
    for (size_t k = 0; k < count; k++) {
        const int row = places ? integrad_row(places[k]) : (int)k / shape->width;
        const int column = places ? integrad_column(places[k]) : (int)k % shape->width;
        const int top = row * shape->stride_height - shape->padding_height;
        const int left = column * shape->stride_width - shape->padding_width;
        const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
        const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
        const int32_t d = delta[k];
        for (int c = 0; c < shape->in_channels; c++) {
            for (int i = integrad_window_first(top); i < i_end; i++) {
                const int cell = (c * shape->kernel_height + i) * shape->kernel_width;
                const int line = (c * shape->in_height + top + i) * shape->in_width;
                for (int j = integrad_window_first(left); j < j_end; j++) {
                    gradient[cell + j] += d * x[line + left + j];
                }
            }
        }
    }
}
