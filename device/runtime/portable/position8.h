/* SPDX-License-Identifier: Apache-2.0 */
/* convolve8 at a single position. bias: 0 if there are none. patch: a row of weights long. */
INTEGRAD_INLINE void integrad_position8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *bias, const int8_t *x,
                                        const struct integrad_shape *shape, int row, int column,
                                        int shift, int leak, int8_t *patch) {
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    size_t left = (size_t)shape->channels;
    integrad_gather8(patch, x, shape, row, column);
    while (left > 0) {
        int32_t sums[16];
        const size_t rows = left < 16 ? left : 16;
        integrad_dots8(sums, weights, patch, n, rows);
        for (size_t o = 0; bias && o < rows; o++) {
            sums[o] += INTEGRAD_BACKPROP_BIAS_INPUT * (int32_t)*bias++;
        }
        integrad_requantise(out, step, sums, rows, shift, leak);
        weights += rows * n;
        out += rows * step;
        left -= rows;
    }
}
