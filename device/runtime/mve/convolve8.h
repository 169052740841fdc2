/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values. Two positions and three channels at a time, some of them twice
 * where these are no multiples.
 */
INTEGRAD_KERNEL void integrad_convolve8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *x, const struct integrad_shape *shape,
                                        int row, int column, int count, int shift, int leak,
                                        int32_t *work) {
    const size_t channels = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t apart = (n + 15) / 4 * 4;
    if (channels < 3 || count < 2 || step > 16383 || n < 9) {
        for (int k = 0; k < count; k++) {
            integrad_position8(out + k, step, weights, x, shape, row, column + k, shift, leak,
                               (int8_t *)work);
        }
        return;
    }
    int8_t *const patches = (int8_t *)work;
    for (int k = 0; k < count; k += 2) {
        k = k > count - 2 ? count - 2 : k;
        integrad_two_patches8(patches, apart, x, shape, row, column + k);
        for (size_t c = 0, rows; c < channels; c += rows) {
            int32_t sums[48];
            struct integrad_threes8 threes = {n, apart, 0};
            rows = channels - c;
            rows = rows <= 24 ? rows : rows < 27 ? 21 : 24; /* none or three and more are left */
            threes.threes = rows / 3;
            integrad_rows8(sums, weights + c * n, patches, &threes);
            if (rows % 3 > 0) {
                threes.threes = 1;
                integrad_rows8(sums + rows - 3, weights + (c + rows - 3) * n, patches, &threes);
            }
            integrad_scale_twos8(out + c * step + k, step, sums, rows, shift, leak);
        }
    }
}
