/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values.
 */
INTEGRAD_INLINE void integrad_convolve8_with(int8_t *out, size_t step, const int8_t *weights,
                                             const int8_t *bias, const int8_t *x,
                                             const struct integrad_shape *shape, int row,
                                             int column, int count, int shift, int leak,
                                             int32_t *work) {
    for (int k = 0; k < count; k++) {
        integrad_position8(out + k, step, weights, bias, x, shape, row, column + k, shift, leak,
                           (int8_t *)work);
    }
}

INTEGRAD_KERNEL void integrad_convolve8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *x, const struct integrad_shape *shape,
                                        int row, int column, int count, int shift, int leak,
                                        int32_t *work) {
    integrad_convolve8_with(out, step, weights, NULL, x, shape, row, column, count, shift, leak,
                            work);
}

INTEGRAD_KERNEL void integrad_convolve8_biased(int8_t *out, size_t step, const int8_t *weights,
                                               const int8_t *bias, const int8_t *x,
                                               const struct integrad_shape *shape, int row,
                                               int column, int count, int shift, int leak,
                                               int32_t *work) {
    integrad_convolve8_with(out, step, weights, bias, x, shape, row, column, count, shift, leak,
                            work);
}
