/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values.
 */
INTEGRAD_KERNEL void integrad_convolve8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *x, const struct integrad_shape *shape,
                                        int row, int column, int count, int shift, int leak,
                                        int32_t *work) {
    const size_t channels = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    int8_t *const patch = (int8_t *)work;
    for (int k = 0; k < count; k++) {
        integrad_gather8(patch, x, shape, row, column + k);
        for (size_t c = 0; c < channels; c++) {
            int32_t sum;
            integrad_dots8(&sum, weights + c * n, patch, n, 1);
            integrad_requantise(out + c * step + (size_t)k, 1, &sum, 1, shift, leak);
        }
    }
}
