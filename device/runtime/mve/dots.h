/* SPDX-License-Identifier: Apache-2.0 */
/* z[k] = w[k] . x for four rows of n weights, from row to row `row` values apart; 0: z[0] alone
 * counts. The sums must fit 32 bits. Eight products an instruction. */
INTEGRAD_KERNEL void integrad_dots(int32_t z[4], const int16_t *w, size_t row, const int16_t *x,
                                   size_t n) {
    const int16_t *w1 = w + row, *w2 = w1 + row, *w3 = w2 + row;
    int32_t z0 = 0, z1 = 0, z2 = 0, z3 = 0;
    for (; n >= 8; n -= 8, x += 8, w += 8, w1 += 8, w2 += 8, w3 += 8) {
        const int16x8_t values = vldrhq_s16(x);
        z0 = vmladavaq_s16(z0, values, vldrhq_s16(w));
        z1 = vmladavaq_s16(z1, values, vldrhq_s16(w1));
        z2 = vmladavaq_s16(z2, values, vldrhq_s16(w2));
        z3 = vmladavaq_s16(z3, values, vldrhq_s16(w3));
    }
    if (n > 0) {
        const mve_pred16_t rest = vctp16q((uint32_t)n);
        const int16x8_t values = vldrhq_z_s16(x, rest);
        z0 = vmladavaq_s16(z0, values, vldrhq_z_s16(w, rest));
        z1 = vmladavaq_s16(z1, values, vldrhq_z_s16(w1, rest));
        z2 = vmladavaq_s16(z2, values, vldrhq_z_s16(w2, rest));
        z3 = vmladavaq_s16(z3, values, vldrhq_z_s16(w3, rest));
    }
    z[0] = z0;
    z[1] = z1;
    z[2] = z2;
    z[3] = z3;
}
