/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M0_GATHER_CUT_H
#define INTEGRAD_M0_GATHER_CUT_H

#include "is_whole.h"

/*
 * Inputs to cells of 16 bits. Registers: r0 cell, r1 input, r3 to r5 0 to 2, r6 a value, r8 and r9
 * steps to the next line, r10 end of a channel's lines, r11 and r12 steps behind them, lr end; for
 * other widths than three, r3 the last input of a line and r4 the next one.
 */
__attribute__((naked, noinline)) static void
integrad_gather_lines(__attribute__((unused)) int16_t *cell,
                      __attribute__((unused)) const int8_t *input,
                      __attribute__((unused)) int32_t nothing,
                      __attribute__((unused)) const struct integrad_cut *cut) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "push {r4-r7}\n\t"
                     "sub sp, #4\n\t"
                     "ldmia r3!, {r4-r7}\n\t"
                     "mov r8, r5\n\t"
                     "mov r9, r6\n\t"
                     "str r7, [sp]\n\t"
                     "ldmia r3!, {r5-r7}\n\t"
                     "mov r11, r5\n\t"
                     "mov r12, r6\n\t"
                     "adds r7, r7, r0\n\t"
                     "mov lr, r7\n\t"
                     "subs r3, r4, #1\n\t"
                     "cmp r4, #3\n\t"
                     "bne 3f\n\t"
                     "movs r3, #0\n\t"
                     "movs r4, #1\n\t"
                     "movs r5, #2\n\t"
                     "1:\n\t" /* a channel */
                     "ldr r7, [sp]\n\t"
                     "adds r7, r7, r0\n\t"
                     "mov r10, r7\n\t"
                     "2:\n\t" /* a line of three */
                     "ldrsb r6, [r1, r3]\n\t"
                     "strh r6, [r0]\n\t"
                     "ldrsb r6, [r1, r4]\n\t"
                     "strh r6, [r0, #2]\n\t"
                     "ldrsb r6, [r1, r5]\n\t"
                     "strh r6, [r0, #4]\n\t"
                     "add r1, r1, r8\n\t"
                     "add r0, r0, r9\n\t"
                     "cmp r0, r10\n\t"
                     "bne 2b\n\t"
                     "add r1, r1, r11\n\t"
                     "add r0, r0, r12\n\t"
                     "cmp r0, lr\n\t"
                     "bne 1b\n\t"
                     "b 6f\n\t"
                     "3:\n\t" /* a channel */
                     "ldr r7, [sp]\n\t"
                     "adds r7, r7, r0\n\t"
                     "mov r10, r7\n\t"
                     "4:\n\t" /* a line */
                     "movs r4, r3\n\t"
                     "lsls r5, r4, #1\n\t"
                     "5:\n\t"
                     "ldrsb r6, [r1, r4]\n\t"
                     "strh r6, [r0, r5]\n\t"
                     "subs r5, r5, #2\n\t"
                     "subs r4, r4, #1\n\t"
                     "bpl 5b\n\t"
                     "add r1, r1, r8\n\t"
                     "add r0, r0, r9\n\t"
                     "cmp r0, r10\n\t"
                     "bne 4b\n\t"
                     "add r1, r1, r11\n\t"
                     "add r0, r0, r12\n\t"
                     "cmp r0, lr\n\t"
                     "bne 3b\n\t"
                     "6:\n\t"
                     "add sp, #4\n\t"
                     "pop {r4-r7}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "mov r11, r7\n\t"
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map. whole: the cut of a kernel that lies entirely on the map.
 */
__attribute__((always_inline)) static inline void
integrad_gather_cut(int16_t *patch, const int8_t *x, const struct integrad_shape *shape, int top,
                    int left, const struct integrad_cut *whole) {
    x += top * shape->in_width + left;
    if (integrad_is_whole(shape, top, left)) {
        integrad_gather_lines(patch, x, 0, whole);
        return;
    }
    struct integrad_cut cut;
    integrad_cut(&cut, shape, top, left, 2);
    for (uint32_t k = 0; k < cut.cells / 2; k++) {
        patch[k] = 0;
    }
    integrad_gather_lines(patch + cut.cell / 2, x + cut.input, 0, &cut);
}

#endif
