/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A weighted sum of rows: sums[i] = sum over k of factors[k] * rows[index[k] * stride + i]. sums:
 * n, index and factors: count. The sums must fit 32 bits. Four rows at a time.
 */
INTEGRAD_KERNEL void integrad_weigh8(int32_t *sums, size_t n, const int8_t *rows, size_t stride,
                                     const uint16_t *index, const int8_t *factors, size_t count) {
    for (size_t i = 0; i < n && count == 0; i++) {
        sums[i] = 0;
    }
    for (size_t k = 0; k < count && n > 0; k += 4) {
        const int8_t *from[4];
        int32_t by[4];
        for (size_t j = 0; j < 4; j++) {
            const int there = k + j < count;
            from[j] = rows + index[there ? k + j : k] * stride;
            by[j] = there ? factors[k + j] : 0;
        }
        integrad_weigh_fours8(sums, n, from, by, count - k, k > 0);
    }
}
