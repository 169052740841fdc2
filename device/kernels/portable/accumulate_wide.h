/*
 * Adds one sample's share to the gradient of one channel's weights: over all positions, the error
 * there times the inputs there. Most errors behind a pooled head are 0.
 */
static void integrad_accumulate_wide(int64_t *gradient, const int8_t *x, const int32_t *delta,
                                     const struct integrad_shape *shape) {
    for (int row = 0; row < shape->height; row++) {
        const int top = row * shape->stride_height - shape->padding_height;
        const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
        for (int column = 0; column < shape->width; column++) {
            const int left = column * shape->stride_width - shape->padding_width;
            const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
            const int64_t d = *delta++;
            if (d == 0) {
                continue;
            }
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
}
