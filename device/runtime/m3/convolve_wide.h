/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"
#include "gather_two.h"

/*
 * Parts of 512 values after the first one, which has the rest, but at least what an instruction
 * multiplies: the code in front of the loop is for what is left then. Stack: words of r8 to r12,
 * end of x, word of lr, end of the first part.
 */
#define INTEGRAD_LINEAR2_SAVE                                                                      \
    "str r7, [sp, #20]\n\t"                                                                        \
    "sub r7, r1, #" INTEGRAD_SIX_SUMS_UNIT "\n\t"                                                  \
    "ubfx r7, r7, #0, #10\n\t"                                                                     \
    "add r7, r7, #" INTEGRAD_SIX_SUMS_UNIT "\n\t"                                                  \
    "add r7, r7, r2\n\t"                                                                           \
    "str r7, [sp, #28]\n\t"

#define INTEGRAD_LINEAR2_BEGIN                                                                     \
    "ldr r7, [sp, #28]\n\t"                                                                        \
    "mov r4, #0\n\t"                                                                               \
    "strd r4, r4, [sp]\n\t"                                                                        \
    "strd r4, r4, [sp, #8]\n\t"                                                                    \
    "str r4, [sp, #16]\n\t"                                                                        \
    "str r4, [sp, #24]\n\t"

#define INTEGRAD_LINEAR2_MORE                                                                      \
    "ldr r4, [sp, #20]\n\t"                                                                        \
    "cmp r2, r4\n\t"                                                                               \
    "beq 9f\n\t"                                                                                   \
    "add r7, r2, #1024\n\t"

#define INTEGRAD_LINEAR2_NEXT(loop)                                                                \
    "b.w " loop "\n\t"                                                                             \
    "9:\n\t"

#define INTEGRAD_LINEAR2_SIX                                                                       \
    INTEGRAD_LINEAR2_MORE                                                                          \
    INTEGRAD_FOLD("8, 9, 10, 11, 12, 14")                                                          \
    INTEGRAD_LINEAR2_NEXT("2b")                                                                    \
    INTEGRAD_UNFOLD("8, 9, 10, 11, 12, 14")

#define INTEGRAD_LINEAR2_FOUR                                                                      \
    INTEGRAD_LINEAR2_MORE                                                                          \
    INTEGRAD_FOLD("8, 9, 10, 11")                                                                  \
    INTEGRAD_LINEAR2_NEXT("12b")                                                                   \
    INTEGRAD_UNFOLD("8, 9, 10, 11")

/* integrad_linear_wide for two vectors and two rows or more. */
__attribute__((naked, noinline)) static void
integrad_linear2_wide(__attribute__((unused)) int8_t *s, __attribute__((unused)) size_t step,
                      __attribute__((unused)) const int16_t *w,
                      __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t outs,
                      __attribute__((unused)) size_t n, __attribute__((unused)) int32_t scale) {
    __asm__ volatile(INTEGRAD_SIX_SUMS("32", INTEGRAD_LINEAR2_SAVE, INTEGRAD_LINEAR2_BEGIN,
                                       INTEGRAD_LINEAR2_SIX, INTEGRAD_LINEAR2_FOUR));
}

/* integrad_linear_wide with the parameters of integrad_linear2_wide. */
static void integrad_linear1_wide(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                  size_t outs, size_t n, int32_t scale) {
    (void)scale;
    integrad_linear_wide(s, step, w, x, outs, n);
}

static void integrad_convolve_wide_pairs(int8_t *s, const int16_t *w, const int8_t *x,
                                         const struct integrad_shape *shape, int32_t scale,
                                         int16_t *patches);
#define INTEGRAD_CONVOLVE integrad_convolve_wide_pairs
#define INTEGRAD_TWO_VECTORS integrad_linear2_wide
#define INTEGRAD_ONE_VECTOR integrad_linear1_wide
#include "position_pairs.h"

/*
 * s = w * x / (256 * fan-in), saturated, for sums of any size. patches: two rows of weights, each
 * rounded up to an even length.
 */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches) {
    const int32_t n = shape->in_channels * shape->kernel_height * shape->kernel_width;
    integrad_convolve_wide_pairs(s, w, x, shape, 256 * n, patches);
}
