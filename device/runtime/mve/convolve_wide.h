/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"
#include "four_rows.h"

/* Parts of ten passes; factor, shift, offsets and step. */
#define INTEGRAD_FOUR_ROWS_SAVE                                                                    \
    INTEGRAD_PARTS("10", "96")                                                                     \
    "vstrw.32 q4, [sp, #32]\n\t"                                                                   \
    "vstrw.32 q5, [sp, #48]\n\t"                                                                   \
    "vstrw.32 q6, [sp, #64]\n\t"                                                                   \
    "vstrw.32 q7, [sp, #80]\n\t"

#define INTEGRAD_FOUR_ROWS_BEGIN                                                                   \
    "ldr r0, [sp, #96]\n\t"                                                                        \
    "str r0, [sp, #28]\n\t"                                                                        \
    "vmov.i32 q4, #0\n\t"                                                                          \
    "vmov.i32 q5, #0\n\t"                                                                          \
    "vmov.i32 q6, #0\n\t"                                                                          \
    "vmov.i32 q7, #0\n\t"

#define INTEGRAD_FOUR_ROWS_NEXT                                                                    \
    "ldr r0, [sp, #28]\n\t"                                                                        \
    "cbz r0, 5f\n\t"                                                                               \
    "subs r0, r0, #1\n\t"                                                                          \
    "str r0, [sp, #28]\n\t"                                                                        \
    "mov r11, #10\n\t"                                                                             \
    "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"                                                  \
    "b.w 4b\n\t"                                                                                   \
    "5:\n\t"

#define INTEGRAD_FOUR_ROWS_SUMS                                                                    \
    INTEGRAD_FOUR_ROWS_PARTS                                                                       \
    INTEGRAD_FOLD("q0", "q4", "q6", "q2")                                                          \
    INTEGRAD_FOLD("q1", "q5", "q7", "q2")                                                          \
    INTEGRAD_FOUR_ROWS_NEXT                                                                        \
    INTEGRAD_UNFOLD("q0", "q4", "q6")                                                              \
    INTEGRAD_UNFOLD("q1", "q5", "q7")                                                              \
    "vldrw.32 q4, [sp, #32]\n\t"                                                                   \
    "vldrw.32 q5, [sp, #48]\n\t"                                                                   \
    "vldrw.32 q6, [sp, #64]\n\t"                                                                   \
    "vldrw.32 q7, [sp, #80]\n\t"

/*
 * Sums of four rows for two positions, of more than 32 bits. Parts are ten passes, 487 products
 * with the values before the eights. Registers: q4 and q5 lower halves, q6 and q7 upper ones.
 * Stack: parts left, factor, shift, offsets, step, parts after the first.
 */
__attribute__((naked, noinline)) static void
integrad_convolve_wide_rows(__attribute__((unused)) const struct integrad_four_rows *rows) {
    __asm__ volatile(INTEGRAD_FOUR_ROWS("72", INTEGRAD_FOUR_ROWS_SAVE, INTEGRAD_FOUR_ROWS_BEGIN,
                                        INTEGRAD_FOUR_ROWS_SUMS, "vstrw.32 q6, [sp, #64]\n\t")::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

static void integrad_convolve_wide_channels(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, size_t outs,
                                            int32_t scale, int16_t *patches);
#define INTEGRAD_CHANNELS integrad_convolve_wide_channels
#define INTEGRAD_ROWS integrad_convolve_wide_rows
#include "position_pairs.h"

/*
 * s = w * x / (256 * fan-in), saturated, for sums of any size. patches: two rows of weights. Large
 * kernels, maps and fan-ins are processed position by position.
 */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width), most = 65535 / positions;
    if (n > 1 << 15 || most == 0 || !integrad_window_fits(shape)) {
        for (int row = 0; row < shape->height; row++) {
            for (int column = 0; column < shape->width; column++) {
                integrad_gather(patches, x, shape, row, column);
                integrad_linear_wide(s++, positions, w, patches, outs, n);
            }
        }
        return;
    }
    for (size_t o = 0; o < outs; o += most) {
        const size_t channels = outs - o < most ? outs - o : most;
        integrad_convolve_wide_channels(s + o * positions, w + o * n, x, shape, channels,
                                        256 * (int32_t)n, patches);
    }
}
