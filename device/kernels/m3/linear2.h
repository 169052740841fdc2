/*
 * integrad_linear2 for three rows or more: three rows and two vectors share each other's values, a
 * product an instruction. Registers: r0 w, r1 bytes of a row, r2 x, r3 bytes from one vector to the
 * other, r4 r5 their values, r6 weights, r7 end of x, r8 to lr six sums.
 */
__attribute__((naked, noinline)) static void
integrad_linear2_rows(__attribute__((unused)) int8_t *s, __attribute__((unused)) size_t step,
                      __attribute__((unused)) const int16_t *w,
                      __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t outs,
                      __attribute__((unused)) size_t n, __attribute__((unused)) int32_t scale) {
    __asm__ volatile("push {r0, r1, r3, r4-r11, lr}\n\t" /* s, step, x; above: outs, n, scale */
                     "mov r0, r2\n\t"
                     "1:\n\t" /* three rows */
                     "ldr r1, [sp, #52]\n\t"
                     "ldr r2, [sp, #8]\n\t"
                     "and r3, r1, #1\n\t"
                     "add r3, r3, r1\n\t"
                     "lsl r3, r3, #1\n\t"
                     "bic r7, r1, #7\n\t"
                     "add r7, r2, r7, lsl #1\n\t"
                     "lsl r1, r1, #1\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "mov r12, #0\n\t"
                     "mov lr, #0\n\t"
                     "b 3f\n\t"
                     "2:\n\t"
                     ".rept 8\n\t"
                     "ldrsh r5, [r2, r3]\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "mla r10, r6, r4, r10\n\t"
                     "mla r11, r6, r5, r11\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "mla r12, r6, r4, r12\n\t"
                     "mla lr, r6, r5, lr\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "mla r8, r6, r4, r8\n\t"
                     "mla r9, r6, r5, r9\n\t"
                     ".endr\n\t"
                     "3:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 2b\n\t"
                     "ldr r4, [sp, #52]\n\t"
                     "ldr r5, [sp, #8]\n\t"
                     "add r7, r5, r4, lsl #1\n\t"
                     "b 5f\n\t"
                     "4:\n\t"
                     "ldrsh r5, [r2, r3]\n\t"
                     "ldrsh r4, [r2], #2\n\t"
                     "ldrsh r6, [r0, r1]\n\t"
                     "mla r10, r6, r4, r10\n\t"
                     "mla r11, r6, r5, r11\n\t"
                     "ldrsh r6, [r0, r1, lsl #1]\n\t"
                     "mla r12, r6, r4, r12\n\t"
                     "mla lr, r6, r5, lr\n\t"
                     "ldrsh r6, [r0], #2\n\t"
                     "mla r8, r6, r4, r8\n\t"
                     "mla r9, r6, r5, r9\n\t"
                     "5:\n\t"
                     "cmp r2, r7\n\t"
                     "bne 4b\n\t"
                     "ldrd r4, r5, [sp]\n\t"
                     "ldr r3, [sp, #48]\n\t" /* rows left */
                     "ldr r2, [sp, #56]\n\t"
                     "sdiv r8, r8, r2\n\t"
                     "sdiv r9, r9, r2\n\t"
                     "ssat r8, #8, r8\n\t"
                     "ssat r9, #8, r9\n\t"
                     "cmn r8, #127\n\t"
                     "it lt\n\t"
                     "mvnlt r8, #126\n\t"
                     "cmn r9, #127\n\t"
                     "it lt\n\t"
                     "mvnlt r9, #126\n\t"
                     "strb r8, [r4]\n\t"
                     "strb r9, [r4, #1]\n\t"
                     "add r4, r4, r5\n\t"
                     "sdiv r10, r10, r2\n\t"
                     "sdiv r11, r11, r2\n\t"
                     "ssat r10, #8, r10\n\t"
                     "ssat r11, #8, r11\n\t"
                     "cmn r10, #127\n\t"
                     "it lt\n\t"
                     "mvnlt r10, #126\n\t"
                     "cmn r11, #127\n\t"
                     "it lt\n\t"
                     "mvnlt r11, #126\n\t"
                     "strb r10, [r4]\n\t"
                     "strb r11, [r4, #1]\n\t"
                     "add r4, r4, r5\n\t"
                     "sdiv r12, r12, r2\n\t"
                     "sdiv lr, lr, r2\n\t"
                     "ssat r12, #8, r12\n\t"
                     "ssat lr, #8, lr\n\t"
                     "cmn r12, #127\n\t"
                     "it lt\n\t"
                     "mvnlt r12, #126\n\t"
                     "cmn lr, #127\n\t"
                     "it lt\n\t"
                     "mvnlt lr, #126\n\t"
                     "strb r12, [r4]\n\t"
                     "strb lr, [r4, #1]\n\t"
                     "add r4, r4, r5\n\t"
                     "str r4, [sp]\n\t"
                     "subs r3, r3, #3\n\t"
                     "beq 7f\n\t"
                     "add r0, r0, r1, lsl #1\n\t"
                     "cmp r3, #3\n\t"
                     "bhs 6f\n\t"
                     "rsb r6, r3, #3\n\t" /* the last three overlap those before them */
                     "mls r0, r6, r1, r0\n\t"
                     "mls r4, r6, r5, r4\n\t"
                     "str r4, [sp]\n\t"
                     "mov r3, #3\n\t"
                     "6:\n\t"
                     "str r3, [sp, #48]\n\t"
                     "b 1b\n\t"
                     "7:\n\t"
                     "add sp, sp, #12\n\t"
                     "pop {r4-r11, pc}");
}

/* integrad_linear for two vectors: the second begins at the next even index after x's n values, its
 * results are s[o * step + 1]. */
static void integrad_linear2(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                             size_t outs, size_t n, int32_t scale) {
    if (outs >= 3) {
        integrad_linear2_rows(s, step, w, x, outs, n, scale);
        return;
    }
    integrad_linear(s, step, w, x, outs, n, scale);
    integrad_linear(s + 1, step, w, x + n + (n & 1), outs, n, scale);
}
