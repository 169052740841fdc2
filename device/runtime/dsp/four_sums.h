/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_DSP_FOUR_SUMS_H
#define INTEGRAD_DSP_FOUR_SUMS_H

/* Products of two values. */
#define INTEGRAD_FOUR_SUMS_STEP                                                                    \
    "ldr r4, [r2], #4\n\t"                                                                         \
    "ldr r6, [r0, r1]\n\t"                                                                         \
    "smlad r9, r6, r4, r9\n\t"                                                                     \
    "ldr r6, [r0, r1, lsl #1]\n\t"                                                                 \
    "smlad r10, r6, r4, r10\n\t"                                                                   \
    "ldr r6, [r0, r3]\n\t"                                                                         \
    "smlad r11, r6, r4, r11\n\t"                                                                   \
    "ldr r6, [r0], #4\n\t"                                                                         \
    "smlad r8, r6, r4, r8\n\t"

/*
 * Assembly of integrad_linear for four rows or more, which share each value of x, two products an
 * instruction; the last four overlap the previous ones if outs is not a multiple of four.
 * Registers: r0 w, r1 and r3 bytes of a row and of three, r2 x, r7 its end, r4 its values, r6
 * weights, r8 to r11 sums.
 *
 * Sums of 32 bits and wider ones differ in the `spare` bytes at sp, which they `reserve`; where
 * rows `begin` and r7 is the end of the first loop; where the values up to r7 are done, which may
 * be a `part`; and where all are, to have the `sums` in r8 to r11. r5 is free in the loops.
 */
#define INTEGRAD_FOUR_SUMS(spare, reserve, begin, part, sums)                                      \
    "push {r0, r1, r3, r4-r11, lr}\n\t" /* s, step, x; above: outs, n, scale */                    \
        reserve "mov r0, r2\n\t"                                                                   \
    "1:\n\t"                                                                                       \
    "ldr r1, [sp, #52 + " spare "]\n\t"                                                            \
    "ldr r2, [sp, #8 + " spare "]\n\t"                                                             \
    "bic r7, r1, #15\n\t"                                                                          \
    "add r7, r2, r7, lsl #1\n\t" begin "lsl r1, r1, #1\n\t"                                        \
    "add r3, r1, r1, lsl #1\n\t"                                                                   \
    "mov r8, #0\n\t"                                                                               \
    "mov r9, #0\n\t"                                                                               \
    "mov r10, #0\n\t"                                                                              \
    "mov r11, #0\n\t"                                                                              \
    "b 3f\n\t"                                                                                     \
    "2:\n\t"                                                                                       \
    ".rept 8\n\t" INTEGRAD_FOUR_SUMS_STEP ".endr\n\t"                                              \
    "3:\n\t"                                                                                       \
    "cmp r2, r7\n\t"                                                                               \
    "bne 2b\n\t" part "ldr r4, [sp, #52 + " spare "]\n\t"                                          \
    "ldr r5, [sp, #8 + " spare "]\n\t"                                                             \
    "bic r4, r4, #1\n\t"                                                                           \
    "add r7, r5, r4, lsl #1\n\t"                                                                   \
    "b 5f\n\t"                                                                                     \
    "4:\n\t" INTEGRAD_FOUR_SUMS_STEP "5:\n\t"                                                      \
    "cmp r2, r7\n\t"                                                                               \
    "bne 4b\n\t"                                                                                   \
    "ldr r4, [sp, #52 + " spare "]\n\t"                                                            \
    "lsls r4, r4, #31\n\t"                                                                         \
    "beq 6f\n\t"                                                                                   \
    "ldrsh r4, [r2], #2\n\t"                                                                       \
    "ldrsh r6, [r0, r1]\n\t"                                                                       \
    "smlabb r9, r6, r4, r9\n\t"                                                                    \
    "ldrsh r6, [r0, r1, lsl #1]\n\t"                                                               \
    "smlabb r10, r6, r4, r10\n\t"                                                                  \
    "ldrsh r6, [r0, r3]\n\t"                                                                       \
    "smlabb r11, r6, r4, r11\n\t"                                                                  \
    "ldrsh r6, [r0], #2\n\t"                                                                       \
    "smlabb r8, r6, r4, r8\n\t"                                                                    \
    "6:\n\t" sums "ldr r4, [sp, #" spare "]\n\t"                                                   \
    "ldr r5, [sp, #4 + " spare "]\n\t"                                                             \
    "ldr r2, [sp, #56 + " spare "]\n\t"                                                            \
    ".irp z, r8, r9, r10, r11\n\t"                                                                 \
    "sdiv \\z, \\z, r2\n\t"                                                                        \
    "ssat \\z, #8, \\z\n\t"                                                                        \
    "cmn \\z, #127\n\t"                                                                            \
    "it lt\n\t"                                                                                    \
    "mvnlt \\z, #126\n\t"                                                                          \
    "strb \\z, [r4]\n\t"                                                                           \
    "add r4, r4, r5\n\t"                                                                           \
    ".endr\n\t"                                                                                    \
    "ldr r6, [sp, #48 + " spare "]\n\t"                                                            \
    "subs r6, r6, #4\n\t"                                                                          \
    "beq 8f\n\t"                                                                                   \
    "add r0, r0, r3\n\t"                                                                           \
    "cmp r6, #4\n\t"                                                                               \
    "bhs 7f\n\t"                                                                                   \
    "rsb r7, r6, #4\n\t"                                                                           \
    "mls r0, r7, r1, r0\n\t"                                                                       \
    "mls r4, r7, r5, r4\n\t"                                                                       \
    "mov r6, #4\n\t"                                                                               \
    "7:\n\t"                                                                                       \
    "str r6, [sp, #48 + " spare "]\n\t"                                                            \
    "str r4, [sp, #" spare "]\n\t"                                                                 \
    "b 1b\n\t"                                                                                     \
    "8:\n\t"                                                                                       \
    "add sp, sp, #12 + " spare "\n\t"                                                              \
    "pop {r4-r11, pc}"

#endif
