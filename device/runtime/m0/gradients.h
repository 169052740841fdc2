/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gradients of a row's weights, a multiple of four: gradient[i] is the sum over b of delta[b] *
 * x[b][i]; samples are n apart. The loop over samples is entered in the middle if their number is
 * not a multiple of four. Registers: r0 to r3 x of four inputs in the first sample, r4 bytes from
 * there to a sample, r5 its error, r6 a value, r7 errors, r8 to r11 sums, r12 n, lr end of errors.
 */
__attribute__((naked, noinline)) static void
integrad_gradients(__attribute__((unused)) int32_t *gradient,
                   __attribute__((unused)) size_t weights, __attribute__((unused)) const int8_t *x,
                   __attribute__((unused)) size_t n, __attribute__((unused)) const int32_t *delta,
                   __attribute__((unused)) size_t count) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "push {r4-r7}\n\t"
                     "mov r12, r3\n\t"
                     "ldr r7, [sp, #36]\n\t" /* delta */
                     "ldr r6, [sp, #40]\n\t" /* count */
                     "lsls r5, r6, #2\n\t"
                     "adds r5, r5, r7\n\t"
                     "mov lr, r5\n\t"
                     "negs r6, r6\n\t"
                     "lsls r6, r6, #30\n\t" /* samples to skip at first, of four */
                     "lsrs r6, r6, #30\n\t"
                     "movs r5, #28\n\t" /* bytes of code for each */
                     "muls r6, r5, r6\n\t"
                     "adds r5, r2, r1\n\t"
                     "sub sp, #16\n\t"
                     "str r0, [sp]\n\t"      /* gradient */
                     "str r7, [sp, #4]\n\t"  /* delta */
                     "str r6, [sp, #8]\n\t"  /* where to enter the loop */
                     "str r5, [sp, #12]\n\t" /* end of x */
                     "movs r0, r2\n\t"
                     "adds r1, r0, #1\n\t"
                     "adds r2, r0, #2\n\t"
                     "adds r3, r0, #3\n\t"
                     "1:\n\t" /* four inputs */
                     "ldr r7, [sp, #4]\n\t"
                     "ldr r6, [sp, #8]\n\t"
                     "movs r4, #0\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r4\n\t"
                     "mov r10, r4\n\t"
                     "mov r11, r4\n\t"
                     "add pc, r6\n\t"
                     "nop\n\t"
                     "2:\n\t"
                     ".rept 4\n\t"
                     "ldmia r7!, {r5}\n\t"
                     "ldrsb r6, [r0, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r8, r8, r6\n\t"
                     "ldrsb r6, [r1, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r9, r9, r6\n\t"
                     "ldrsb r6, [r2, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r10, r10, r6\n\t"
                     "ldrsb r6, [r3, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r11, r11, r6\n\t"
                     "add r4, r4, r12\n\t"
                     ".endr\n\t"
                     "cmp r7, lr\n\t"
                     "bne 2b\n\t"
                     "ldr r7, [sp]\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "stmia r7!, {r4-r6}\n\t"
                     "mov r4, r11\n\t"
                     "stmia r7!, {r4}\n\t"
                     "str r7, [sp]\n\t"
                     "adds r0, r0, #4\n\t"
                     "adds r1, r1, #4\n\t"
                     "adds r2, r2, #4\n\t"
                     "adds r3, r3, #4\n\t"
                     "ldr r4, [sp, #12]\n\t"
                     "cmp r0, r4\n\t"
                     "bne 1b\n\t"
                     "add sp, #16\n\t"
                     "pop {r4-r7}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "mov r11, r7\n\t"
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/* The same for a row with fewer than four weights. */
static void integrad_few_gradients(int32_t *gradient, size_t n, const int8_t *x,
                                   const int32_t *delta, size_t count) {
    for (size_t i = 0; i < n; i++) {
        gradient[i] = 0;
        for (size_t b = 0; b < count; b++) {
            gradient[i] += delta[b] * x[b * n + i];
        }
    }
}
