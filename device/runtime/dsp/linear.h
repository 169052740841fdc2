/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrad_linear for four rows or more, which share each value of x, two products an instruction;
 * the last four overlap those before them where outs is no multiple of four. Registers: r0 w, r1
 * and r3 bytes of a row and of three, r2 x, r7 its end, r4 its values, r6 weights, r8 to r11 sums.
 */
__attribute__((naked, noinline)) static void
integrad_linear_rows(__attribute__((unused)) int8_t *s, __attribute__((unused)) size_t step,
                     __attribute__((unused)) const int16_t *w,
                     __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t outs,
                     __attribute__((unused)) size_t n, __attribute__((unused)) int32_t scale) {
    __asm__ volatile("push {r0, r1, r3, r4-r11, lr}\n\t" /* s, step, x; above: outs, n, scale */
                     "mov r0, r2\n\t"
                     "1:\n\t"
                     "ldr r1, [sp, #52]\n\t"
                     "ldr r2, [sp, #8]\n\t"
                     "bic r7, r1, #15\n\t"
                     "add r7, r2, r7, lsl #1\n\t"
                     "lsl r1, r1, #1\n\t"
                     "add r3, r1, r1, lsl #1\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "b 3f\n\t"
                     "2:\n\t"
                     ".rept 8\n\t"
                     "ldr r4, [r2], #4\n\t"
                     "ldr r6, [r0, r1]\n\t"
                     "smlad r9, r6, r4, r9\n\t"
                     "ldr r6, [r0, r1, lsl #1]\n\t"
                     "smlad r10, r6, r4, r10\n\t"
                     "ldr r6, [r0, r3]\n\t"
                     "smlad r11, r6, r4, r11\n\t"
                     "ldr r6, [r0], #4\n\t"
                     "smlad r8, r6, r4, r8\n\t"
                     ".endr\n\t"
                     "3:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 2b\n\t"
                     "ldr r4, [sp, #52]\n\t"
                     "ldr r5, [sp, #8]\n\t"
                     "bic r4, r4, #1\n\t"
                     "add r7, r5, r4, lsl #1\n\t"
                     "b 5f\n\t"
                     "4:\n\t"
                     "ldr r4, [r2], #4\n\t"
                     "ldr r6, [r0, r1]\n\t"
                     "smlad r9, r6, r4, r9\n\t"
                     "ldr r6, [r0, r1, lsl #1]\n\t"
                     "smlad r10, r6, r4, r10\n\t"
                     "ldr r6, [r0, r3]\n\t"
                     "smlad r11, r6, r4, r11\n\t"
                     "ldr r6, [r0], #4\n\t"
                     "smlad r8, r6, r4, r8\n\t"
                     "5:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 4b\n\t"
                     "ldr r4, [sp, #52]\n\t"
                     "lsls r4, r4, #31\n\t"
                     "beq 6f\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "smlabb r9, r6, r4, r9\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "smlabb r10, r6, r4, r10\n\t"
                     "ldrsh r6, [r0, r3]\n\t"
                     "smlabb r11, r6, r4, r11\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "smlabb r8, r6, r4, r8\n\t"
                     "6:\n\t"
                     "ldr r4, [sp]\n\t"
                     "ldr r5, [sp, #4]\n\t"
                     "ldr r2, [sp, #56]\n\t"
                     ".irp z, r8, r9, r10, r11\n\t"
                     "sdiv \\z, \\z, r2\n\t"
                     "ssat \\z, #8, \\z\n\t"
                     "cmn \\z, #127\n\t"
                     "it lt\n\t"
                     "mvnlt \\z, #126\n\t"
                     "strb \\z, [r4]\n\t"
                     "add r4, r4, r5\n\t"
                     ".endr\n\t"
                     "ldr r6, [sp, #48]\n\t"
                     "subs r6, r6, #4\n\t"
                     "beq 8f\n\t"
                     "add r0, r0, r3\n\t"
                     "cmp r6, #4\n\t"
                     "bhs 7f\n\t"
                     "rsb r7, r6, #4\n\t"
                     "mls r0, r7, r1, r0\n\t"
                     "mls r4, r7, r5, r4\n\t"
                     "mov r6, #4\n\t"
                     "7:\n\t"
                     "str r6, [sp, #48]\n\t"
                     "str r4, [sp]\n\t"
                     "b 1b\n\t"
                     "8:\n\t"
                     "add sp, sp, #12\n\t"
                     "pop {r4-r11, pc}");
}

/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale) {
    if (outs >= 4) {
        integrad_linear_rows(s, step, w, x, outs, n, scale);
        return;
    }
    for (size_t o = 0; o < outs; o++, w += n) {
        int32_t z = 0;
        for (size_t i = 0; i < n; i++) {
            z += w[i] * x[i];
        }
        s[o * step] = integrad_scaled(z, scale);
    }
}
