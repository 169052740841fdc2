/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M3_SIX_SUMS_H
#define INTEGRAD_M3_SIX_SUMS_H

/* Bytes of a row that an instruction multiplies. */
#define INTEGRAD_SIX_SUMS_UNIT "2"

/* The sums of a row and two vectors, scaled and saturated to +-127, go to s. Then s is that of the
 * next row. */
#define INTEGRAD_SIX_SUMS_STORE(z, other)                                                          \
    "sdiv " z ", " z ", r2\n\t"                                                                    \
    "sdiv " other ", " other ", r2\n\t"                                                            \
    "ssat " z ", #8, " z "\n\t"                                                                    \
    "ssat " other ", #8, " other "\n\t"                                                            \
    "cmn " z ", #127\n\t"                                                                          \
    "it lt\n\t"                                                                                    \
    "mvnlt " z ", #126\n\t"                                                                        \
    "cmn " other ", #127\n\t"                                                                      \
    "it lt\n\t"                                                                                    \
    "mvnlt " other ", #126\n\t"                                                                    \
    "strb " z ", [r4]\n\t"                                                                         \
    "strb " other ", [r4, #1]\n\t"                                                                 \
    "add r4, r4, r5\n\t"

/*
 * Assembly of integrad_linear for two vectors and two rows or more: three rows, or two where that
 * leaves none alone, and two vectors share each other's values, a product an instruction. Loops
 * over eight values are entered where what is left begins: a step of three rows takes 40 bytes of
 * code, one of two 28. Registers: r0 w, r1 bytes of a row, r2 x, r3 bytes from one vector to the
 * other, r4 r5 their values, r6 weights, r7 end of x, r8 to lr six sums.
 *
 * Sums of 32 bits and wider ones differ in the `spare` bytes at sp; in what they `save` when r7 is
 * the end of x; where rows `begin`; and where the values up to r7 are done, which may be a part, to
 * have the sums in r8 to lr, or in r8 to r11.
 */
#define INTEGRAD_SIX_SUMS(spare, save, begin, sums6, sums4)                                        \
    ".p2align 2\n\t"                    /* which adr counts on */                                  \
    "push {r0, r1, r3, r4-r11, lr}\n\t" /* s, step, x; above: outs, n, scale */                    \
    "sub sp, sp, #8 + " spare "\n\t"    /* where three rows and two begin */                       \
    "mov r0, r2\n\t"                                                                               \
    "ldr r6, [sp, #60 + " spare "]\n\t"                                                            \
    "ldr r2, [sp, #16 + " spare "]\n\t"                                                            \
    "lsl r1, r6, #1\n\t"                                                                           \
    "and r3, r6, #1\n\t"                                                                           \
    "add r3, r1, r3, lsl #1\n\t"                                                                   \
    "add r7, r2, r1\n\t" save "rsb r6, r6, #0\n\t"                                                 \
    "and r6, r6, #7\n\t"                                                                           \
    "mov r4, #40\n\t"                                                                              \
    "mov r5, #28\n\t"                                                                              \
    "adr.w r8, 2f\n\t"                                                                             \
    "adr.w r9, 12f\n\t"                                                                            \
    "mla r8, r6, r4, r8\n\t"                                                                       \
    "mla r9, r6, r5, r9\n\t"                                                                       \
    "orr r8, r8, #1\n\t"                                                                           \
    "orr r9, r9, #1\n\t"                                                                           \
    "strd r8, r9, [sp, #" spare "]\n\t"                                                            \
    "ldr r4, [sp, #56 + " spare "]\n\t"                                                            \
    "cmp r4, #2\n\t"                                                                               \
    "beq 11f\n\t"                                                                                  \
    "cmp r4, #4\n\t"                                                                               \
    "beq 11f\n\t"                                                                                  \
    "1:\n\t" /* three rows */                                                                      \
        begin "mov r8, #0\n\t"                                                                     \
    "mov r9, #0\n\t"                                                                               \
    "mov r10, #0\n\t"                                                                              \
    "mov r11, #0\n\t"                                                                              \
    "mov r12, #0\n\t"                                                                              \
    "mov lr, #0\n\t"                                                                               \
    "ldr pc, [sp, #" spare "]\n\t"                                                                 \
    "2:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    "ldrsh r5, [r2, r3]\n\t"                                                                       \
    "ldrsh r4, [r2], #2\n\t"                                                                       \
    "ldrsh r6, [r0, r1]\n\t"                                                                       \
    "mla r10, r6, r4, r10\n\t"                                                                     \
    "mla r11, r6, r5, r11\n\t"                                                                     \
    "ldrsh r6, [r0, r1, lsl #1]\n\t"                                                               \
    "mla r12, r6, r4, r12\n\t"                                                                     \
    "mla lr, r6, r5, lr\n\t"                                                                       \
    "ldrsh r6, [r0], #2\n\t"                                                                       \
    "mla r8, r6, r4, r8\n\t"                                                                       \
    "mla r9, r6, r5, r9\n\t"                                                                       \
    ".endr\n\t"                                                                                    \
    "cmp r2, r7\n\t"                                                                               \
    "bne 2b\n\t"                                                                                   \
    "3:\n\t" sums6 "ldr r2, [sp, #64 + " spare "]\n\t"                                             \
    "ldrd r4, r5, [sp, #8 + " spare "]\n\t" INTEGRAD_SIX_SUMS_STORE("r8", "r9")                    \
        INTEGRAD_SIX_SUMS_STORE("r10", "r11") INTEGRAD_SIX_SUMS_STORE(                             \
            "r12",                                                                                 \
            "lr") "str r4, [sp, #8 + " spare "]\n\t"                                               \
                  "ldr r2, [sp, #16 + " spare "]\n\t"                                              \
                  "add r0, r0, r1, lsl #1\n\t"                                                     \
                  "ldr r4, [sp, #56 + " spare "]\n\t"                                              \
                  "subs r4, r4, #3\n\t"                                                            \
                  "str r4, [sp, #56 + " spare "]\n\t"                                              \
                  "beq 20f\n\t"                                                                    \
                  "cmp r4, #4\n\t"                                                                 \
                  "bhi 1b\n\t"                                                                     \
                  "cmp r4, #3\n\t"                                                                 \
                  "beq 1b\n\t"                                                                     \
                  "11:\n\t" /* two rows */                                                         \
        begin "mov r8, #0\n\t"                                                                     \
                  "mov r9, #0\n\t"                                                                 \
                  "mov r10, #0\n\t"                                                                \
                  "mov r11, #0\n\t"                                                                \
                  "ldr pc, [sp, #4 + " spare "]\n\t"                                               \
                  "12:\n\t"                                                                        \
                  ".rept 8\n\t"                                                                    \
                  "ldrsh r5, [r2, r3]\n\t"                                                         \
                  "ldrsh r4, [r2], #2\n\t"                                                         \
                  "ldrsh r6, [r0, r1]\n\t"                                                         \
                  "mla r10, r6, r4, r10\n\t"                                                       \
                  "mla r11, r6, r5, r11\n\t"                                                       \
                  "ldrsh r6, [r0], #2\n\t"                                                         \
                  "mla r8, r6, r4, r8\n\t"                                                         \
                  "mla r9, r6, r5, r9\n\t"                                                         \
                  ".endr\n\t"                                                                      \
                  "cmp r2, r7\n\t"                                                                 \
                  "bne 12b\n\t"                                                                    \
                  "13:\n\t" sums4 "ldr r2, [sp, #64 + " spare "]\n\t"                              \
                  "ldrd r4, r5, [sp, #8 + " spare "]\n\t" INTEGRAD_SIX_SUMS_STORE("r8", "r9")      \
                      INTEGRAD_SIX_SUMS_STORE("r10", "r11") "str r4, [sp, #8 + " spare "]\n\t"     \
                                                            "ldr r2, [sp, #16 + " spare "]\n\t"    \
                                                            "add r0, r0, r1\n\t"                   \
                                                            "ldr r4, [sp, #56 + " spare "]\n\t"    \
                                                            "subs r4, r4, #2\n\t"                  \
                                                            "str r4, [sp, #56 + " spare "]\n\t"    \
                                                            "bne 11b\n\t"                          \
                                                            "20:\n\t"                              \
                                                            "add sp, sp, #20 + " spare "\n\t"      \
                                                            "pop {r4-r11, pc}"

#endif
