/* s = w * x / scale, saturated, position by position. patches: a row of weights long. */
static void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                              const struct integrad_shape *shape, int32_t scale, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    struct integrad_reciprocal reciprocal;
    integrad_reciprocal(&reciprocal, (uint32_t)scale);
    for (int row = 0; row < shape->height; row++) {
        for (int column = 0; column < shape->width; column++) {
            integrad_gather(patches, x, shape, row, column);
            integrad_linear_by(s++, positions, w, patches, outs, n, &reciprocal);
        }
    }
}
