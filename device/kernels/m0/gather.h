/* The inputs of one output position, in the order of a row of weights; 0 where the kernel hangs
 * over the edge. */
static void integrad_gather(int16_t *patch, const int8_t *x, const struct integrad_shape *shape,
                            int row, int column) {
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * shape->stride_width - shape->padding_width;
    const int i_first = integrad_window_first(top), j_first = integrad_window_first(left);
    const int i_end = integrad_window_end(top, shape->kernel_height, shape->in_height);
    const int j_end = integrad_window_end(left, shape->kernel_width, shape->in_width);
    const int width = j_end - j_first, whole = shape->kernel_height * shape->kernel_width;
    int16_t *const end = patch + shape->in_channels * whole;
    if ((i_end - i_first) * width < whole) {
        for (int16_t *value = patch; value != end; value++) {
            *value = 0;
        }
    }
    x += (top + i_first) * shape->in_width + left + j_first;
    patch += i_first * shape->kernel_width + j_first;
    for (int c = 0; c < shape->in_channels; c++) {
        const int8_t *from = x;
        int16_t *to = patch;
        for (int i = i_first; i < i_end; i++) {
            for (int j = width - 1; j >= 0; j--) {
                to[j] = from[j];
            }
            from += shape->in_width;
            to += shape->kernel_width;
        }
        x += shape->in_height * shape->in_width;
        patch += whole;
    }
}
