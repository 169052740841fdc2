/* SPDX-License-Identifier: Apache-2.0 */
/*
 * z[k] = w[k] . x for four rows of n weights, from row to row `row` values apart; 0: z[0] alone
 * counts. Registers in the loop: r0 to r3 ends of rows, r4 end of x, r5 bytes up to there,
 * negative, r6 a value of x, r7 a weight, r8 to r11 sums.
 */
__attribute__((naked, noinline)) INTEGRAD_KERNEL void
integrad_dots(__attribute__((unused)) int32_t z[4], __attribute__((unused)) const int16_t *w,
              __attribute__((unused)) size_t row, __attribute__((unused)) const int16_t *x,
              __attribute__((unused)) size_t n) {
    __asm__ volatile(
        ".syntax unified\n\t"
        "push {r4-r7, lr}\n\t"
        "mov r4, r8\n\t"
        "mov r5, r9\n\t"
        "mov r6, r10\n\t"
        "mov r7, r11\n\t"
        "push {r0, r4-r7}\n\t"
        "ldr r5, [sp, #40]\n\t" /* n */
        "lsls r6, r5, #1\n\t"
        "adds r4, r3, r6\n\t"
        "adds r0, r1, r6\n\t"
        "lsls r7, r2, #1\n\t"
        "adds r1, r0, r7\n\t"
        "adds r2, r1, r7\n\t"
        "adds r3, r2, r7\n\t"
        "movs r7, #0\n\t"
        "mov r8, r7\n\t"
        "mov r9, r7\n\t"
        "mov r10, r7\n\t"
        "mov r11, r7\n\t"
        "negs r7, r5\n\t" /* values to skip, to begin at a multiple of four from the end */
        "lsls r7, r7, #30\n\t"
        "lsrs r7, r7, #30\n\t"
        "movs r5, #28\n\t" /* a value has 28 bytes of code */
        "muls r7, r5, r7\n\t"
        "negs r5, r6\n\t"
        "add pc, r7\n\t"
        "nop\n\t"
        "1:\n\t"
        ".rept 4\n\t"
        "ldrsh r6, [r4, r5]\n\t"
        "ldrsh r7, [r0, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r8, r8, r7\n\t"
        "ldrsh r7, [r1, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r9, r9, r7\n\t"
        "ldrsh r7, [r2, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r10, r10, r7\n\t"
        "ldrsh r7, [r3, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r11, r11, r7\n\t"
        "adds r5, r5, #2\n\t"
        ".endr\n\t"
        "bne 1b\n\t"
        "mov r0, r8\n\t"
        "mov r1, r9\n\t"
        "mov r2, r10\n\t"
        "mov r3, r11\n\t"
        "pop {r4}\n\t"
        "stmia r4!, {r0-r3}\n\t"
        "pop {r4-r7}\n\t"
        "mov r8, r4\n\t"
        "mov r9, r5\n\t"
        "mov r10, r6\n\t"
        "mov r11, r7\n\t"
        "pop {r4-r7, pc}");
}
