/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values. Two positions and two channels at a time, some of them twice where
 * they are odd numbers.
 */
INTEGRAD_INLINE void integrad_convolve8_with(int8_t *out, size_t step, const int8_t *weights,
                                             const int8_t *bias, const int8_t *x,
                                             const struct integrad_shape *shape, int row,
                                             int column, int count, int shift, int leak,
                                             int32_t *work) {
    const size_t channels = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t words = (n + 3) / 4, odd = channels % 2;
    if (n < 4 || channels < 2 || count < 2) {
        for (int k = 0; k < count; k++) {
            integrad_position8(out + k, step, weights, bias, x, shape, row, column + k, shift, leak,
                               (int8_t *)work);
        }
        return;
    }
    struct integrad_layer8 layer;
    layer.n = n;
    layer.step = step;
    layer.shift = integrad_shift_of(shift);
    layer.leak = integrad_leak_of(leak);
    layer.apart = 4 * words + 4;
    int8_t *const first = (int8_t *)(work + 3 * words), *const second = first + layer.apart;
    for (int k = 0; k < count; k += 2) {
        k = k > count - 2 ? count - 2 : k;
        integrad_two_patches8(first, layer.apart, x, shape, row, column + k);
        __builtin_memset(first + n, 0, 4);
        __builtin_memset(second + n, 0, 4);
        const int8_t *const patches = integrad_spread8(work, first, words, layer.apart);
        layer.end = weights + (channels - odd) * n;
        if (bias) {
            layer.bias = bias;
            integrad_biased_rows8(out + k, weights, patches, &layer);
        } else {
            integrad_rows8(out + k, weights, patches, &layer);
        }
        if (odd) {
            layer.end = weights + channels * n;
            int8_t *const last = out + k + (channels - 2) * step;
            if (bias) {
                layer.bias = bias + channels - 2;
                integrad_biased_rows8(last, layer.end - 2 * n, patches, &layer);
            } else {
                integrad_rows8(last, layer.end - 2 * n, patches, &layer);
            }
        }
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
