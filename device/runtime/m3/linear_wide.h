/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"

/*
 * Parts of 496 values, and the last ones of a row with those that a loop leaves. Stack: words of
 * four sums, the end of the last part.
 */
#define INTEGRAD_LINEAR_BEGIN                                                                      \
    "str r7, [sp, #16]\n\t"                                                                        \
    "add r4, r2, #992\n\t"                                                                         \
    "cmp r7, r4\n\t"                                                                               \
    "it hi\n\t"                                                                                    \
    "movhi r7, r4\n\t"                                                                             \
    "mov r4, #0\n\t"                                                                               \
    "strd r4, r4, [sp]\n\t"                                                                        \
    "strd r4, r4, [sp, #8]\n\t"

#define INTEGRAD_LINEAR_MORE                                                                       \
    "ldr r5, [sp, #16]\n\t"                                                                        \
    "cmp r2, r5\n\t"                                                                               \
    "beq 9f\n\t"

#define INTEGRAD_LINEAR_NEXT                                                                       \
    "add r7, r2, #992\n\t"                                                                         \
    "cmp r7, r5\n\t"                                                                               \
    "it hi\n\t"                                                                                    \
    "movhi r7, r5\n\t"                                                                             \
    "b 2b\n\t"                                                                                     \
    "9:\n\t"

#define INTEGRAD_LINEAR_PART                                                                       \
    INTEGRAD_LINEAR_MORE                                                                           \
    INTEGRAD_FOLD("8, 9, 10, 11")                                                                  \
    INTEGRAD_LINEAR_NEXT

/* integrad_linear_wide for four rows or more. */
__attribute__((naked, noinline)) static void
integrad_linear_wide_rows(__attribute__((unused)) int8_t *s, __attribute__((unused)) size_t step,
                          __attribute__((unused)) const int16_t *w,
                          __attribute__((unused)) const int16_t *x,
                          __attribute__((unused)) size_t outs, __attribute__((unused)) size_t n,
                          __attribute__((unused)) int32_t scale) {
    __asm__ volatile(INTEGRAD_FOUR_SUMS("20", "sub sp, sp, #20\n\t", INTEGRAD_LINEAR_BEGIN,
                                        INTEGRAD_LINEAR_PART, INTEGRAD_UNFOLD("8, 9, 10, 11")));
}

/* s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n) {
    const int32_t scale = 256 * (int32_t)n;
    if (outs >= 4) {
        integrad_linear_wide_rows(s, step, w, x, outs, n, scale);
        return;
    }
    for (size_t o = 0; o < outs; o++, w += n) {
        int64_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += (int64_t)w[i] * x[i];
        }
        s[o * step] = integrad_scaled(integrad_limited(z), scale);
    }
}
