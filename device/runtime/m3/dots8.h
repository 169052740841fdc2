/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sums[r] = weights[r] . x for groups of four rows and n > 0. A value takes 32 bytes of code, and
 * the loop over four is entered where what is left begins. Registers: r0 weights, r1 and r3 bytes
 * of a row and of three, r2 x, r7 its end, r4 its values, r5 sums, r6 a weight, r8 to r11 sums, r12
 * entry, lr groups.
 */
__attribute__((naked, noinline)) static void
integrad_dots8_fours(__attribute__((unused)) int32_t *sums,
                     __attribute__((unused)) const int8_t *weights,
                     __attribute__((unused)) const int8_t *x, __attribute__((unused)) size_t n,
                     __attribute__((unused)) size_t fours) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov r5, r0\n\t"
                     "mov r0, r1\n\t"
                     "mov r1, r3\n\t"
                     "add r3, r1, r1, lsl #1\n\t"
                     "add r7, r2, r1\n\t"
                     "ldr lr, [sp, #36]\n\t"
                     "rsb r12, r1, #0\n\t"
                     "and r12, r12, #3\n\t"
                     "adr.w r4, 2f\n\t"
                     "orr r4, r4, #1\n\t"
                     "add r12, r4, r12, lsl #5\n\t"
                     "1:\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "bx r12\n\t"
                     ".p2align 2\n\t"
                     "2:\n\t"
                     ".rept 4\n\t"
                     "ldrsb r4, [r2], #1\n\t"
                     "ldrsb r6, [r0, r1]\n\t"
                     "mla r9, r6, r4, r9\n\t"
                     "ldrsb r6, [r0, r1, lsl #1]\n\t"
                     "mla r10, r6, r4, r10\n\t"
                     "ldrsb r6, [r0, r3]\n\t"
                     "mla r11, r6, r4, r11\n\t"
                     "ldrsb r6, [r0], #1\n\t"
                     "mla r8, r6, r4, r8\n\t"
                     ".endr\n\t"
                     "cmp r2, r7\n\t"
                     "bne 2b\n\t"
                     "stm r5!, {r8-r11}\n\t"
                     "add r0, r0, r3\n\t"
                     "sub r2, r2, r1\n\t"
                     "subs lr, lr, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r11, pc}" ::
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
