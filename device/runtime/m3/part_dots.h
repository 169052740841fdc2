/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrad_dots for parts of sums, a product an instruction. Registers in the loops: r0 w, r1 and
 * r3 bytes of a row and of three, r2 x, r7 its end, r4 its values, r6 weights, r8 to r11 sums.
 */
__attribute__((naked, noinline)) static void
integrad_part_dots(__attribute__((unused)) int32_t z[4], __attribute__((unused)) const int16_t *w,
                   __attribute__((unused)) size_t row, __attribute__((unused)) const int16_t *x,
                   __attribute__((unused)) size_t n) {
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "ldr r5, [sp, #40]\n\t" /* n */
                     "mov r0, r1\n\t"
                     "lsl r1, r2, #1\n\t"
                     "mov r2, r3\n\t"
                     "add r3, r1, r1, lsl #1\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "bic r7, r5, #7\n\t"
                     "add r7, r2, r7, lsl #1\n\t"
                     "add r12, r2, r5, lsl #1\n\t"
                     "b 2f\n\t"
                     "1:\n\t"
                     ".rept 8\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "mla r9, r6, r4, r9\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "mla r10, r6, r4, r10\n\t"
                     "ldrsh r6, [r0, r3]\n\t"
                     "mla r11, r6, r4, r11\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "mla r8, r6, r4, r8\n\t"
                     ".endr\n\t"
                     "2:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 1b\n\t"
                     "b 4f\n\t"
                     "3:\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "mla r9, r6, r4, r9\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "mla r10, r6, r4, r10\n\t"
                     "ldrsh r6, [r0, r3]\n\t"
                     "mla r11, r6, r4, r11\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "mla r8, r6, r4, r8\n\t"
                     "4:\n\t"
                     "cmp r2, r12\n\t"
                     "bne 3b\n\t"
                     "pop {r0}\n\t"
                     "stm r0, {r8-r11}\n\t"
                     "pop {r4-r11, pc}");
}
