/* SPDX-License-Identifier: Apache-2.0 */
/* z[k] = w[k] . x for four rows of n weights, from row to row `row` values apart; 0: z[0] alone
 * counts. The sums must fit 32 bits. */
INTEGRAD_KERNEL void integrad_dots(int32_t z[4], const int16_t *w, size_t row, const int16_t *x,
                                   size_t n) {
    int32_t z0 = 0, z1 = 0, z2 = 0, z3 = 0;
    const int16_t *const w1 = w + row, *const w2 = w1 + row, *const w3 = w2 + row;
    for (size_t i = 0; i < n; i++) {
        const int32_t value = x[i];
        z0 += value * w[i];
        z1 += value * w1[i];
        z2 += value * w2[i];
        z3 += value * w3[i];
    }
    z[0] = z0;
    z[1] = z1;
    z[2] = z2;
    z[3] = z3;
}
