/* SPDX-License-Identifier: Apache-2.0 */
#include "is_whole.h"

/*
 * cell += d * input. Registers as in integrad_gather_lines, and r2 d, r7 a cell.
 */
__attribute__((naked, noinline)) static void integrad_accumulate_lines(
    __attribute__((unused)) int32_t *cell, __attribute__((unused)) const int8_t *input,
    __attribute__((unused)) int32_t d, __attribute__((unused)) const struct integrad_cut *cut) {
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
                     "muls r6, r2, r6\n\t"
                     "ldr r7, [r0, #0]\n\t"
                     "adds r7, r7, r6\n\t"
                     "str r7, [r0, #0]\n\t"
                     "ldrsb r6, [r1, r4]\n\t"
                     "muls r6, r2, r6\n\t"
                     "ldr r7, [r0, #4]\n\t"
                     "adds r7, r7, r6\n\t"
                     "str r7, [r0, #4]\n\t"
                     "ldrsb r6, [r1, r5]\n\t"
                     "muls r6, r2, r6\n\t"
                     "ldr r7, [r0, #8]\n\t"
                     "adds r7, r7, r6\n\t"
                     "str r7, [r0, #8]\n\t"
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
                     "lsls r5, r4, #2\n\t"
                     "5:\n\t"
                     "ldrsb r6, [r1, r4]\n\t"
                     "muls r6, r2, r6\n\t"
                     "ldr r7, [r0, r5]\n\t"
                     "adds r7, r7, r6\n\t"
                     "str r7, [r0, r5]\n\t"
                     "subs r5, r5, #4\n\t"
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
 * Adds the contribution of one sample to the gradient of the weights of one channel: the sum over
 * `count` positions of error times inputs. places: the positions, or 0 for all positions in order.
 */
INTEGRAD_KERNEL void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                         const int32_t *places, size_t count,
                                         const struct integrad_shape *shape) {
    struct integrad_cut whole, cut;
    int row = 0, column = 0;
    integrad_cut(&whole, shape, 0, 0, 4);
    for (size_t k = 0; k < count; k++) {
        const int32_t d = delta[k];
        if (places) {
            row = integrad_row(places[k]);
            column = integrad_column(places[k]);
        }
        const int top = row * shape->stride_height - shape->padding_height;
        const int left = column * shape->stride_width - shape->padding_width;
        const int8_t *const from = x + top * shape->in_width + left;
        if (d != 0 && integrad_is_whole(shape, top, left)) {
            integrad_accumulate_lines(gradient, from, d, &whole);
        } else if (d != 0) {
            integrad_cut(&cut, shape, top, left, 4);
            integrad_accumulate_lines(gradient + cut.cell / 4, from + cut.input, d, &cut);
        }
        if (!places && ++column == shape->width) {
            column = 0;
            row++;
        }
    }
}
