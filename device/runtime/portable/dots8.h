/* SPDX-License-Identifier: Apache-2.0 */
/* sums[r] = weights[r] . x. weights: rows x n, x: n. The sums must fit 32 bits. */
INTEGRAD_KERNEL void integrad_dots8(int32_t *sums, const int8_t *weights, const int8_t *x, size_t n,
                                    size_t rows) {
    for (size_t r = 0; r < rows; r++) {
        int32_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (int32_t)*weights++ * x[i];
        }
        sums[r] = sum;
    }
}
