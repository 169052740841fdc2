/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"
#include "six_rows.h"

/* Parts of fifteen fours; factor, shift and offsets. */
#define INTEGRAD_SIX_ROWS_SAVE                                                                     \
    INTEGRAD_PARTS("15", "80")                                                                     \
    "vstrw.32 q4, [sp, #32]\n\t"                                                                   \
    "vstrw.32 q5, [sp, #48]\n\t"                                                                   \
    "vstrw.32 q6, [sp, #64]\n\t"

#define INTEGRAD_SIX_ROWS_BEGIN                                                                    \
    "ldr r0, [sp, #80]\n\t"                                                                        \
    "str r0, [sp, #28]\n\t"                                                                        \
    "vmov.i32 q4, #0\n\t"                                                                          \
    "vmov.i32 q5, #0\n\t"                                                                          \
    "vmov.i32 q6, #0\n\t"                                                                          \
    "vmov.i32 q3, #0\n\t"

#define INTEGRAD_SIX_ROWS_FOLD                                                                     \
    INTEGRAD_SIX_ROWS_PARTS                                                                        \
    INTEGRAD_FOLD("q0", "q4", "q6", "q2")                                                          \
    INTEGRAD_FOLD("q1", "q5", "q3", "q2")

#define INTEGRAD_SIX_ROWS_MORE                                                                     \
    "ldr lr, [sp, #28]\n\t"                                                                        \
    "cmp lr, #0\n\t"                                                                               \
    "beq 7f\n\t"                                                                                   \
    "sub lr, lr, #1\n\t"                                                                           \
    "str lr, [sp, #28]\n\t"

#define INTEGRAD_SIX_ROWS_NEXT                                                                     \
    "clrm {r0, r2, r4, r6, r8, r10}\n\t"                                                           \
    "mov lr, #15\n\t"                                                                              \
    "dls lr, lr\n\t"                                                                               \
    "b.w 2b\n\t"                                                                                   \
    "7:\n\t"

#define INTEGRAD_SIX_ROWS_PART                                                                     \
    INTEGRAD_SIX_ROWS_MORE                                                                         \
    INTEGRAD_SIX_ROWS_FOLD                                                                         \
    INTEGRAD_SIX_ROWS_NEXT

#define INTEGRAD_SIX_ROWS_SUMS                                                                     \
    INTEGRAD_SIX_ROWS_FOLD                                                                         \
    INTEGRAD_UNFOLD("q0", "q4", "q6")                                                              \
    INTEGRAD_UNFOLD("q1", "q5", "q3")                                                              \
    "vldrw.32 q4, [sp, #32]\n\t"                                                                   \
    "vldrw.32 q5, [sp, #48]\n\t"                                                                   \
    "vldrw.32 q6, [sp, #64]\n\t"

/*
 * Sums of six rows at a time, of more than 32 bits. Parts are fifteen fours, 511 products with the
 * values after them. Registers: q4 and q5 lower halves, q6 and q3 upper ones. Stack: parts left,
 * factor, shift, offsets, parts after the first.
 */
__attribute__((naked, noinline)) static void
integrad_linear_wide_rows(__attribute__((unused)) const struct integrad_six_rows *rows) {
    __asm__ volatile(INTEGRAD_SIX_ROWS("56", INTEGRAD_SIX_ROWS_SAVE, INTEGRAD_SIX_ROWS_BEGIN,
                                       INTEGRAD_SIX_ROWS_PART, INTEGRAD_SIX_ROWS_SUMS)::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* For fan-ins or steps that are too large for the vector code above. */
static void integrad_linear_wide_plain(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                       size_t outs, size_t n) {
    for (size_t o = 0; o < outs; o++) {
        int64_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += w[o * n + i] * x[i];
        }
        s[o * step] = integrad_scaled(integrad_limited(z), 256 * (int32_t)n);
    }
}

/* s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n) {
    const size_t most = 65535 / step;
    if (n > 1 << 15 || most == 0) {
        integrad_linear_wide_plain(s, step, w, x, outs, n);
        return;
    }
    while (outs > 0) {
        const size_t rows = outs < most ? outs : most;
        integrad_linear_in_sixes(s, step, w, x, rows, n, 256 * (int32_t)n,
                                 integrad_linear_wide_rows);
        s += rows * step;
        w += rows * n;
        outs -= rows;
    }
}
