/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the sums of three rows and two vectors, two products an instruction: z[2 * k] and z[2 *
 * k
 * + 1] of row k. pitch: values from one vector to the other. Registers: r0 w, r1 bytes of a row, r2
 * x, r3 bytes from one vector to the other, r4 r5 their values, r6 weights, r7 end of x, r8 to lr
 * sums.
 */
__attribute__((naked, noinline)) static void
integrad_six_parts(__attribute__((unused)) int32_t z[6], __attribute__((unused)) const int16_t *w,
                   __attribute__((unused)) size_t row, __attribute__((unused)) const int16_t *x,
                   __attribute__((unused)) size_t pitch, __attribute__((unused)) size_t n) {
    __asm__ volatile("push {r0, r4-r11, lr}\n\t"
                     "ldr r6, [sp, #44]\n\t" /* n */
                     "mov r0, r1\n\t"
                     "lsl r1, r2, #1\n\t"
                     "mov r2, r3\n\t"
                     "ldr r3, [sp, #40]\n\t" /* pitch */
                     "lsl r3, r3, #1\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "mov r12, #0\n\t"
                     "mov lr, #0\n\t"
                     "bic r7, r6, #15\n\t"
                     "add r7, r2, r7, lsl #1\n\t"
                     "b 2f\n\t"
                     "1:\n\t"
                     ".rept 8\n\t"
                     "ldr r5, [r2, r3]\n\t"
                     "ldr r4, [r2], #4\n\t"
                     "ldr r6, [r0, r1]\n\t"
                     "smlad r10, r6, r4, r10\n\t"
                     "smlad r11, r6, r5, r11\n\t"
                     "ldr r6, [r0, r1, lsl #1]\n\t"
                     "smlad r12, r6, r4, r12\n\t"
                     "smlad lr, r6, r5, lr\n\t"
                     "ldr r6, [r0], #4\n\t"
                     "smlad r8, r6, r4, r8\n\t"
                     "smlad r9, r6, r5, r9\n\t"
                     ".endr\n\t"
                     "2:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 1b\n\t"
                     "ldr r6, [sp, #44]\n\t"
                     "and r6, r6, #14\n\t"
                     "add r7, r7, r6, lsl #1\n\t"
                     "b 4f\n\t"
                     "3:\n\t"
                     "ldr r5, [r2, r3]\n\t"
                     "ldr r4, [r2], #4\n\t"
                     "ldr r6, [r0, r1]\n\t"
                     "smlad r10, r6, r4, r10\n\t"
                     "smlad r11, r6, r5, r11\n\t"
                     "ldr r6, [r0, r1, lsl #1]\n\t"
                     "smlad r12, r6, r4, r12\n\t"
                     "smlad lr, r6, r5, lr\n\t"
                     "ldr r6, [r0], #4\n\t"
                     "smlad r8, r6, r4, r8\n\t"
                     "smlad r9, r6, r5, r9\n\t"
                     "4:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 3b\n\t"
                     "ldr r6, [sp, #44]\n\t"
                     "lsls r6, r6, #31\n\t"
                     "beq 5f\n\t"
                     "ldrsh r5, [r2, r3]\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "smlabb r10, r6, r4, r10\n\t"
                     "smlabb r11, r6, r5, r11\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "smlabb r12, r6, r4, r12\n\t"
                     "smlabb lr, r6, r5, lr\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "smlabb r8, r6, r4, r8\n\t"
                     "smlabb r9, r6, r5, r9\n\t"
                     "5:\n\t"
                     "ldr r0, [sp], #4\n\t"
                     "stm r0, {r8-r12, lr}\n\t"
                     "pop {r4-r11, pc}");
}
