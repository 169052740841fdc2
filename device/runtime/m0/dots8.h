/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sums[r] = weights[r] . x for groups of four rows and n > 0. Registers in the loop: r0 to r3 ends
 * of rows, r4 end of x, r5 bytes up to there, negative, r6 a value of x, r7 a weight, r8 to r11
 * sums. Stack: n, bytes of code to skip, sums; above: groups.
 */
__attribute__((naked, noinline)) static void
integrad_dots8_fours(__attribute__((unused)) int32_t *sums,
                     __attribute__((unused)) const int8_t *weights,
                     __attribute__((unused)) const int8_t *x, __attribute__((unused)) size_t n,
                     __attribute__((unused)) size_t fours) {
    __asm__ volatile(
        ".syntax unified\n\t"
        "push {r4-r7, lr}\n\t"
        "mov r4, r8\n\t"
        "mov r5, r9\n\t"
        "mov r6, r10\n\t"
        "mov r7, r11\n\t"
        "push {r4-r7}\n\t"
        "movs r5, r0\n\t"
        "negs r4, r3\n\t" /* values to skip, to begin at a multiple of four from the end */
        "lsls r4, r4, #30\n\t"
        "lsrs r4, r4, #30\n\t"
        "movs r6, #28\n\t" /* a value has 28 bytes of code */
        "muls r4, r6, r4\n\t"
        "push {r3-r5}\n\t"
        "adds r4, r2, r3\n\t"
        "adds r0, r1, r3\n\t"
        "adds r1, r0, r3\n\t"
        "adds r2, r1, r3\n\t"
        "adds r3, r2, r3\n\t"
        "1:\n\t" /* next group */
        "movs r7, #0\n\t"
        "mov r8, r7\n\t"
        "mov r9, r7\n\t"
        "mov r10, r7\n\t"
        "mov r11, r7\n\t"
        "ldr r5, [sp]\n\t"
        "negs r5, r5\n\t"
        "ldr r7, [sp, #4]\n\t"
        "add pc, r7\n\t"
        "nop\n\t"
        "2:\n\t"
        ".rept 4\n\t"
        "ldrsb r6, [r4, r5]\n\t"
        "ldrsb r7, [r0, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r8, r8, r7\n\t"
        "ldrsb r7, [r1, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r9, r9, r7\n\t"
        "ldrsb r7, [r2, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r10, r10, r7\n\t"
        "ldrsb r7, [r3, r5]\n\t"
        "muls r7, r6, r7\n\t"
        "add r11, r11, r7\n\t"
        "adds r5, r5, #1\n\t"
        ".endr\n\t"
        "bne 2b\n\t"
        "ldr r6, [sp, #8]\n\t"
        "mov r7, r8\n\t"
        "stmia r6!, {r7}\n\t"
        "mov r7, r9\n\t"
        "stmia r6!, {r7}\n\t"
        "mov r7, r10\n\t"
        "stmia r6!, {r7}\n\t"
        "mov r7, r11\n\t"
        "stmia r6!, {r7}\n\t"
        "str r6, [sp, #8]\n\t"
        "ldr r6, [sp]\n\t"
        "lsls r6, r6, #2\n\t"
        "adds r0, r0, r6\n\t"
        "adds r1, r1, r6\n\t"
        "adds r2, r2, r6\n\t"
        "adds r3, r3, r6\n\t"
        "ldr r6, [sp, #48]\n\t"
        "subs r6, r6, #1\n\t"
        "str r6, [sp, #48]\n\t"
        "bne 1b\n\t"
        "add sp, #12\n\t"
        "pop {r4-r7}\n\t"
        "mov r8, r4\n\t"
        "mov r9, r5\n\t"
        "mov r10, r6\n\t"
        "mov r11, r7\n\t"
        "pop {r4-r7, pc}" ::
            : "memory");
}

/* sums[r] = weights[r] . x. weights: rows x n, x: n. The sums must fit 32 bits. */
INTEGRAD_KERNEL void integrad_dots8(int32_t *sums, const int8_t *weights, const int8_t *x, size_t n,
                                    size_t rows) {
    if (rows >= 4 && n > 0) {
        integrad_dots8_fours(sums, weights, x, n, rows / 4);
        if (rows % 4 > 0) { /* the last four, some of them again */
            integrad_dots8_fours(sums + rows - 4, weights + (rows - 4) * n, x, n, 1);
        }
        return;
    }
    for (size_t r = 0; r < rows; r++) {
        int32_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (int32_t)*weights++ * x[i];
        }
        sums[r] = sum;
    }
}
