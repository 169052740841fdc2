/*
 * Adds one sample's share to the gradient of one channel's weights: over all positions, the error
 * there times the inputs there. Most errors behind a pooled head are 0.
 */
static void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                const struct integrad_shape *shape) {
    const int in_width = shape->in_width, in_height = shape->in_height;
    const int kernel_width = shape->kernel_width;
    for (int row = 0; row < shape->height; row++) {
        for (int column = 0; column < shape->width; column++) {
            const int32_t d = *delta++;
            if (d == 0) {
                continue;
            }
            const int top = row * shape->stride_height - shape->padding_height;
            const int left = column * shape->stride_width - shape->padding_width;
            const int first = integrad_window_first(top), start = integrad_window_first(left);
            const int end = integrad_window_end(top, shape->kernel_height, in_height);
            const int width = integrad_window_end(left, kernel_width, in_width) - start;
            const int8_t *line = x + (top + first) * in_width + left + start;
            int32_t *g = gradient + first * kernel_width + start;
            for (int c = 0; c < shape->in_channels; c++) {
                for (int i = first; i < end; i++) {
                    if (width == 3) {
                        g[0] += d * line[0];
                        g[1] += d * line[1];
                        g[2] += d * line[2];
                    } else {
                        for (int j = 0; j < width; j++) {
                            g[j] += d * line[j];
                        }
                    }
                    line += in_width;
                    g += kernel_width;
                }
                line += (in_height - (end - first)) * in_width;
                g += (shape->kernel_height - (end - first)) * kernel_width;
            }
        }
    }
}
