/* SPDX-License-Identifier: Apache-2.0 */
#include "six_rows.h"

/* Sums of six rows at a time. */
__attribute__((naked, noinline)) static void
integrad_linear_rows(__attribute__((unused)) const struct integrad_six_rows *rows) {
    __asm__ volatile(INTEGRAD_SIX_ROWS("0", "", "", "", INTEGRAD_SIX_ROWS_PARTS)::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* For scales or steps that are too large for the vector code above. */
static void integrad_linear_plain(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                  size_t outs, size_t n, int32_t scale) {
    for (size_t o = 0; o < outs; o++) {
        int32_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += w[o * n + i] * x[i];
        }
        s[o * step] = (int8_t)integrad_clip(z / scale, 127);
    }
}

/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
static void integrad_linear_groups(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                   size_t outs, size_t n, int32_t scale) {
    integrad_linear_in_sixes(s, step, w, x, outs, n, scale, integrad_linear_rows);
}

/* The same for any size: as many rows at a time as 16-bit offsets can address. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale) {
    const size_t most = 65535 / step;
    if (scale > 1 << 23 || most == 0) {
        integrad_linear_plain(s, step, w, x, outs, n, scale);
        return;
    }
    while (outs > 0) {
        const size_t rows = outs < most ? outs : most;
        integrad_linear_groups(s, step, w, x, rows, n, scale);
        s += rows * step;
        w += rows * n;
        outs -= rows;
    }
}
