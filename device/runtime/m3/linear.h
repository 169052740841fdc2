/* SPDX-License-Identifier: Apache-2.0 */
#include "four_sums.h"

/* integrad_linear for four rows or more. */
__attribute__((naked, noinline)) static void
integrad_linear_rows(__attribute__((unused)) int8_t *s, __attribute__((unused)) size_t step,
                     __attribute__((unused)) const int16_t *w,
                     __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t outs,
                     __attribute__((unused)) size_t n, __attribute__((unused)) int32_t scale) {
    __asm__ volatile(INTEGRAD_FOUR_SUMS("0", "", "", "", ""));
}

/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale) {
    if (outs >= 4) {
        integrad_linear_rows(s, step, w, x, outs, n, scale);
        return;
    }
    for (size_t o = 0; o < outs; o++, w += n) {
        int32_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += w[i] * x[i];
        }
        s[o * step] = integrad_scaled(z, scale);
    }
}
