/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A weighted sum of rows: sums[i] = sum over k of factors[k] * rows[index[k] * stride + i]. sums:
 * n, index and factors: count. The sums must fit 32 bits.
 */
INTEGRAD_KERNEL void integrad_weigh8(int32_t *sums, size_t n, const int8_t *rows, size_t stride,
                                     const uint16_t *index, const int8_t *factors, size_t count) {
    for (size_t i = 0; i < n; i++) {
        int32_t sum = 0;
        for (size_t k = 0; k < count; k++) {
            sum += (int32_t)factors[k] * rows[index[k] * stride + i];
        }
        sums[i] = sum;
    }
}
