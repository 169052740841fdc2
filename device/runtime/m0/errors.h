/* SPDX-License-Identifier: Apache-2.0 */
/*
 * z[u] = the sum over the classes k of error[k] * head[k][u], for four units, `step` bytes apart.
 * row: bytes from class to class in head. Registers: r0 to r3 units in the first class, r4 bytes
 * from there to a class, r5 its error, r6 a weight, r7 error, r8 to r11 sums, r12 row, lr end of
 * error.
 */
__attribute__((naked, noinline)) static void integrad_four_errors(
    __attribute__((unused)) int32_t *z, __attribute__((unused)) const int16_t *head,
    __attribute__((unused)) const int16_t *error, __attribute__((unused)) size_t step,
    __attribute__((unused)) size_t row, __attribute__((unused)) size_t classes) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "push {r0, r4-r7}\n\t"
                     "movs r7, r2\n\t"
                     "ldr r4, [sp, #40]\n\t"
                     "mov r12, r4\n\t"
                     "ldr r5, [sp, #44]\n\t"
                     "lsls r5, r5, #1\n\t"
                     "adds r5, r5, r7\n\t"
                     "mov lr, r5\n\t"
                     "movs r0, r1\n\t"
                     "adds r1, r0, r3\n\t"
                     "adds r2, r1, r3\n\t"
                     "adds r3, r2, r3\n\t"
                     "movs r4, #0\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r4\n\t"
                     "mov r10, r4\n\t"
                     "mov r11, r4\n\t"
                     "1:\n\t"
                     "ldrh r5, [r7]\n\t"
                     "sxth r5, r5\n\t"
                     "adds r7, r7, #2\n\t"
                     "ldrsh r6, [r0, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r8, r8, r6\n\t"
                     "ldrsh r6, [r1, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r9, r9, r6\n\t"
                     "ldrsh r6, [r2, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r10, r10, r6\n\t"
                     "ldrsh r6, [r3, r4]\n\t"
                     "muls r6, r5, r6\n\t"
                     "add r11, r11, r6\n\t"
                     "add r4, r4, r12\n\t"
                     "cmp r7, lr\n\t"
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
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/*
 * Errors of units, propagated through a head: sum[u][b] = sum over the classes k of error[b][k] *
 * head[k][u]. sum: units x count, error: count x classes; rows of head have `features` elements.
 * Four units share each error; the last four overlap the previous ones if units is not a multiple
 * of four.
 */
INTEGRAD_KERNEL void integrad_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                     size_t units, size_t features, size_t classes, size_t count) {
    const size_t together = units < 4 ? 1 : 4, step = units < 4 ? 0 : 2;
    for (size_t u = 0; u < units;) {
        for (size_t b = 0; b < count; b++) {
            int32_t z[4];
            integrad_four_errors(z, head + u, error + b * classes, step, 2 * features, classes);
            for (size_t k = 0; k < together; k++) {
                sum[(u + k) * count + b] = z[k];
            }
        }
        u += together;
        u = u < units && u + together > units ? units - together : u;
    }
}
