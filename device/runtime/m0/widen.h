/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same values as 16-bit integers, the type of the weights, four at a time. Registers: r0 wide,
 * r1 x, r2 end of the fours, r3 a value, r4 to r6 1 to 3, r7 0.
 */
__attribute__((naked, noinline)) INTEGRAD_KERNEL void
integrad_widen(__attribute__((unused)) int16_t *wide, __attribute__((unused)) const int8_t *x,
               __attribute__((unused)) size_t count) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "movs r4, #1\n\t"
                     "movs r5, #2\n\t"
                     "movs r6, #3\n\t"
                     "movs r7, #0\n\t"
                     "lsrs r3, r2, #2\n\t"
                     "lsls r3, r3, #2\n\t"
                     "subs r2, r2, r3\n\t"
                     "mov r12, r2\n\t" /* values after the fours */
                     "adds r2, r1, r3\n\t"
                     "b 2f\n\t"
                     "1:\n\t"
                     "ldrsb r3, [r1, r7]\n\t"
                     "strh r3, [r0]\n\t"
                     "ldrsb r3, [r1, r4]\n\t"
                     "strh r3, [r0, #2]\n\t"
                     "ldrsb r3, [r1, r5]\n\t"
                     "strh r3, [r0, #4]\n\t"
                     "ldrsb r3, [r1, r6]\n\t"
                     "strh r3, [r0, #6]\n\t"
                     "adds r1, r1, #4\n\t"
                     "adds r0, r0, #8\n\t"
                     "2:\n\t"
                     "cmp r1, r2\n\t"
                     "bne 1b\n\t"
                     "add r2, r2, r12\n\t"
                     "b 4f\n\t"
                     "3:\n\t"
                     "ldrsb r3, [r1, r7]\n\t"
                     "strh r3, [r0]\n\t"
                     "adds r1, r1, #1\n\t"
                     "adds r0, r0, #2\n\t"
                     "4:\n\t"
                     "cmp r1, r2\n\t"
                     "bne 3b\n\t"
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}
