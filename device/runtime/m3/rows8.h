/* SPDX-License-Identifier: Apache-2.0 */
#include "scale8.h"

/* rows8 takes the patches as they are: 8-bit values, one after the other. */
static inline const int8_t *integrad_spread8(int32_t *work, const int8_t *patches, size_t words,
                                             size_t apart) {
    (void)work, (void)words, (void)apart;
    return patches;
}

/*
 * convolve8 for two positions and an even number of rows of weights, which lie from `weights` to
 * layer->end; two rows at a time. The second patch is layer->apart bytes behind the first one. A
 * value takes 28 bytes of code, and the loop over four is entered where what is left begins.
 * Registers: r0 weights, r1 bytes of a row, r2 patches, r12 the end of the first one, r5 from it to
 * the second one, r3 r4 their values, r6 a weight, r8 to r11 sums, lr entry. Stack: out, patches,
 * layer.
 */
#define INTEGRAD_ROWS8(name, begin)                                                                \
    __attribute__((naked, noinline)) static void name(                                             \
        __attribute__((unused)) int8_t *out, __attribute__((unused)) const int8_t *weights,        \
        __attribute__((unused)) const int8_t *patches,                                             \
        __attribute__((unused)) const struct integrad_layer8 *layer) {                             \
        __asm__ volatile(                                                                          \
            "push {r0, r2, r3, r4-r11, lr}\n\t"                                                    \
            "mov r0, r1\n\t"                                                                       \
            "ldr r1, [r3]\n\t"                                                                     \
            "ldr r5, [r3, #16]\n\t"                                                                \
            "add r12, r2, r1\n\t"                                                                  \
            "rsb r4, r1, #0\n\t"                                                                   \
            "and r4, r4, #3\n\t"                                                                   \
            "adr.w lr, 2f\n\t"                                                                     \
            "orr lr, lr, #1\n\t"                                                                   \
            "mov r6, #28\n\t"                                                                      \
            "mla lr, r4, r6, lr\n\t"                                                               \
            "1:\n\t"                                                                               \
            "ldr r2, [sp, #4]\n\t" begin "bx lr\n\t"                                               \
            ".p2align 2\n\t"                                                                       \
            "2:\n\t"                                                                               \
            ".rept 4\n\t"                                                                          \
            "ldrsb r4, [r2, r5]\n\t"                                                               \
            "ldrsb r3, [r2], #1\n\t"                                                               \
            "ldrsb r6, [r0, r1]\n\t"                                                               \
            "mla r10, r6, r3, r10\n\t"                                                             \
            "mla r11, r6, r4, r11\n\t"                                                             \
            "ldrsb r6, [r0], #1\n\t"                                                               \
            "mla r8, r6, r3, r8\n\t"                                                               \
            "mla r9, r6, r4, r9\n\t"                                                               \
            ".endr\n\t"                                                                            \
            "cmp r2, r12\n\t"                                                                      \
            "bne 2b\n\t"                                                                           \
            "ldr r6, [sp, #8]\n\t"                                                                 \
            "ldrd r3, r4, [r6, #8]\n\t"                                                            \
            "ldr r7, [sp]\n\t"                                                                     \
            "ldr r6, [r6, #4]\n\t" INTEGRAD_SCALE8("r8", "r3", "r4", "80", "90") INTEGRAD_SCALE8(  \
                "r9", "r3", "r4", "81", "91") INTEGRAD_SCALE8("r10", "r3", "r4", "82", "92")       \
                INTEGRAD_SCALE8(                                                                   \
                    "r11", "r3", "r4", "83",                                                       \
                    "93") "strb r8, [r7]\n\t"                                                      \
                          "strb r9, [r7, #1]\n\t"                                                  \
                          "add r7, r7, r6\n\t"                                                     \
                          "strb r10, [r7]\n\t"                                                     \
                          "strb r11, [r7, #1]\n\t"                                                 \
                          "add r7, r7, r6\n\t"                                                     \
                          "str r7, [sp]\n\t"                                                       \
                          "ldr r6, [sp, #8]\n\t"                                                   \
                          "ldr r6, [r6, #20]\n\t"                                                  \
                          "add r0, r0, r1\n\t"                                                     \
                          "cmp r0, r6\n\t"                                                         \
                          "bne 1b\n\t"                                                             \
                          "add sp, sp, #12\n\t"                                                    \
                          "pop {r4-r11, pc}\n\t" INTEGRAD_SCALE8_NEGATIVE("r8", "r3", "r4", "80",  \
                                                                          "90")                    \
                              INTEGRAD_SCALE8_NEGATIVE("r9", "r3", "r4", "81", "91")               \
                                  INTEGRAD_SCALE8_NEGATIVE("r10", "r3", "r4", "82", "92")          \
                                      INTEGRAD_SCALE8_NEGATIVE("r11", "r3", "r4", "83", "93")::    \
                                          : "memory");                                             \
    }

INTEGRAD_ROWS8(integrad_rows8, "mov r8, #0\n\t"
                               "mov r9, #0\n\t"
                               "mov r10, #0\n\t"
                               "mov r11, #0\n\t")

/* The sums begin with the biases. */
INTEGRAD_ROWS8(integrad_biased_rows8, "ldr r6, [sp, #8]\n\t"
                                      "ldr r3, [r6, #24]\n\t"
                                      "ldrsb r8, [r3], #1\n\t"
                                      "ldrsb r10, [r3], #1\n\t"
                                      "str r3, [r6, #24]\n\t"
                                      "lsl r8, r8, #6\n\t"
                                      "lsl r10, r10, #6\n\t"
                                      "mov r9, r8\n\t"
                                      "mov r11, r10\n\t")
