/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sums[r] = weights[r] . x for groups of four rows and n > 0, sixteen products an instruction.
 * Registers: r9 x, r1 weights, r3 bytes of a row, r2 r12 r5 r7 r11 x and rows, r4 r6 r8 r10 sums.
 */
__attribute__((naked, noinline)) static void
integrad_dots8_fours(__attribute__((unused)) int32_t *sums,
                     __attribute__((unused)) const int8_t *weights,
                     __attribute__((unused)) const int8_t *x, __attribute__((unused)) size_t n,
                     __attribute__((unused)) size_t fours) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov r9, r2\n\t"
                     "1:\n\t"
                     "adds r5, r1, r3\n\t"
                     "adds r7, r5, r3\n\t"
                     "add r11, r7, r3\n\t"
                     "mov r2, r9\n\t"
                     "movs r4, #0\n\t"
                     "movs r6, #0\n\t"
                     "mov r8, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r12, r1\n\t"
                     "dlstp.8 lr, r3\n\t"
                     "2:\n\t"
                     "vldrb.8 q0, [r2], #16\n\t"
                     "vldrb.8 q1, [r12], #16\n\t"
                     "vmladava.s8 r4, q0, q1\n\t"
                     "vldrb.8 q2, [r5], #16\n\t"
                     "vmladava.s8 r6, q0, q2\n\t"
                     "vldrb.8 q3, [r7], #16\n\t"
                     "vmladava.s8 r8, q0, q3\n\t"
                     "vldrb.8 q1, [r11], #16\n\t"
                     "vmladava.s8 r10, q0, q1\n\t"
                     "letp lr, 2b\n\t"
                     "stm r0!, {r4, r6, r8, r10}\n\t"
                     "add r1, r1, r3, lsl #2\n\t"
                     "ldr r4, [sp, #36]\n\t"
                     "subs r4, r4, #1\n\t"
                     "str r4, [sp, #36]\n\t"
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
