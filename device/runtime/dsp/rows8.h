/* SPDX-License-Identifier: Apache-2.0 */
#include "../m3/scale8.h"

/*
 * Two patches of `words` words as 16-bit values: of four, those at even and at odd places of the
 * first patch, then those of the second one. Overwrites the patches, which end where work does.
 */
static const int8_t *integrad_spread8(int32_t *work, const int8_t *patches, size_t words,
                                      size_t apart) {
    const int32_t *to = work, *const end = work + 4 * words;
    uint32_t first, second, even;
    __asm__ volatile("1:\n\t"
                     "ldr %[second], [%[patches], %[apart]]\n\t"
                     "ldr %[first], [%[patches]], #4\n\t"
                     "sxtb16 %[even], %[first]\n\t"
                     "sxtb16 %[first], %[first], ror #8\n\t"
                     "str %[first], [%[to], #4]\n\t"
                     "str %[even], [%[to]], #16\n\t"
                     "sxtb16 %[even], %[second]\n\t"
                     "sxtb16 %[second], %[second], ror #8\n\t"
                     "str %[even], [%[to], #-8]\n\t"
                     "str %[second], [%[to], #-4]\n\t"
                     "cmp %[to], %[end]\n\t"
                     "bne 1b"
                     : [even] "=&r"(even), [first] "=&r"(first), [second] "=&r"(second),
                       [to] "+r"(to), [patches] "+r"(patches)
                     : [end] "r"(end), [apart] "r"(apart)
                     : "cc", "memory");
    return (const int8_t *)work;
}

/*
 * convolve8 for two positions, rows of four weights or more, and an even number of them, which lie
 * from `weights` to layer->end; two rows at a time, two products an instruction. patches: what
 * integrad_spread8 makes of them. Four values take 70 bytes of code, and the loop over 24 is
 * entered where what is left begins. Registers: r0 weights, r1 bytes of a row, r2 patches, r12 the
 * end of those of whole words, less 1 if the rest of a word follows, r3 their values, r4 to r7
 * weights, r8 to r11 sums, lr out. Stack: shift, leak, step, end of the weights, entry, patches.
 */
#define INTEGRAD_ROWS8(name, keep, begin, drop)                                                    \
    __attribute__((naked, noinline)) static void name(                                             \
        __attribute__((unused)) int8_t *out, __attribute__((unused)) const int8_t *weights,        \
        __attribute__((unused)) const int8_t *patches,                                             \
        __attribute__((unused)) const struct integrad_layer8 *layer) {                             \
        __asm__ volatile(                                                                          \
            "push {r2, " keep "r4-r11, lr}\n\t"                                                    \
            "sub sp, sp, #20\n\t"                                                                  \
            "mov lr, r0\n\t"                                                                       \
            "mov r0, r1\n\t"                                                                       \
            "ldm r3, {r1, r4-r7, r8}\n\t"                                                          \
            "strd r5, r6, [sp]\n\t"                                                                \
            "str r4, [sp, #8]\n\t"                                                                 \
            "str r8, [sp, #12]\n\t"                                                                \
            "bic r4, r1, #3\n\t"                                                                   \
            "add r12, r2, r4, lsl #2\n\t"                                                          \
            "lsls r5, r1, #30\n\t"                                                                 \
            "it ne\n\t"                                                                            \
            "subne r12, r12, #1\n\t"                                                               \
            "5:\n\t"                                                                               \
            "subs r4, r4, #24\n\t"                                                                 \
            "bgt 5b\n\t"                                                                           \
            "adr.w r5, 2f\n\t"                                                                     \
            "orr r5, r5, #1\n\t"                                                                   \
            "mov r6, #70\n\t"                                                                      \
            "rsb r4, r4, #0\n\t"                                                                   \
            "lsr r4, r4, #2\n\t"                                                                   \
            "mla r5, r4, r6, r5\n\t"                                                               \
            "str r5, [sp, #16]\n\t"                                                                \
            "1:\n\t"                                                                               \
            "ldr r2, [sp, #20]\n\t" begin "ldr pc, [sp, #16]\n\t"                                  \
            ".p2align 2\n\t"                                                                       \
            "2:\n\t"                                                                               \
            ".rept 6\n\t"                                                                          \
            "ldr.n r7, [r0, r1]\n\t"                                                               \
            "sxtb16 r6, r7\n\t"                                                                    \
            "sxtb16 r7, r7, ror #8\n\t"                                                            \
            "ldr r5, [r0], #4\n\t"                                                                 \
            "sxtb16 r4, r5\n\t"                                                                    \
            "sxtb16 r5, r5, ror #8\n\t"                                                            \
            "ldr r3, [r2], #4\n\t"                                                                 \
            "smlad r8, r4, r3, r8\n\t"                                                             \
            "smlad r10, r6, r3, r10\n\t"                                                           \
            "ldr r3, [r2], #4\n\t"                                                                 \
            "smlad r8, r5, r3, r8\n\t"                                                             \
            "smlad r10, r7, r3, r10\n\t"                                                           \
            "ldr r3, [r2], #4\n\t"                                                                 \
            "smlad r9, r4, r3, r9\n\t"                                                             \
            "smlad r11, r6, r3, r11\n\t"                                                           \
            "ldr r3, [r2], #4\n\t"                                                                 \
            "smlad r9, r5, r3, r9\n\t"                                                             \
            "smlad r11, r7, r3, r11\n\t"                                                           \
            ".endr\n\t"                                                                            \
            "cmp r2, r12\n\t"                                                                      \
            "blo 2b\n\t"                                                                           \
            "bhi 4f\n\t"                                                                           \
            "3:\n\t"                                                                               \
            "ldrd r3, r4, [sp]\n\t"                                                                \
            "ldr r5, [sp, #8]\n\t" INTEGRAD_SCALE8("r8", "r3", "r4", "80", "90") INTEGRAD_SCALE8(  \
                "r9", "r3", "r4", "81", "91") INTEGRAD_SCALE8("r10", "r3", "r4", "82", "92")       \
                INTEGRAD_SCALE8(                                                                   \
                    "r11", "r3", "r4", "83",                                                       \
                    "93") "strb r8, [lr]\n\t"                                                      \
                          "strb r9, [lr, #1]\n\t"                                                  \
                          "add lr, lr, r5\n\t"                                                     \
                          "strb r10, [lr]\n\t"                                                     \
                          "strb r11, [lr, #1]\n\t"                                                 \
                          "add lr, lr, r5\n\t"                                                     \
                          "ldr r3, [sp, #12]\n\t"                                                  \
                          "add r0, r0, r1\n\t"                                                     \
                          "cmp r0, r3\n\t"                                                         \
                          "bne 1b\n\t"                                                             \
                          "add sp, sp, " drop "\n\t"                                               \
                          "pop {r4-r11, pc}\n\t"                                                   \
                          "4:\n\t"                                                                 \
                          "and r3, r1, #3\n\t"                                                     \
                          "sub r0, r0, #4\n\t"                                                     \
                          "add r0, r0, r3\n\t"                                                     \
                          "rsb r3, r3, #4\n\t"                                                     \
                          "lsl r3, r3, #3\n\t"                                                     \
                          "ldr.n r7, [r0, r1]\n\t"                                                 \
                          "lsr r7, r7, r3\n\t"                                                     \
                          "sxtb16 r6, r7\n\t"                                                      \
                          "sxtb16 r7, r7, ror #8\n\t"                                              \
                          "ldr r5, [r0], #4\n\t"                                                   \
                          "lsr r5, r5, r3\n\t"                                                     \
                          "sxtb16 r4, r5\n\t"                                                      \
                          "sxtb16 r5, r5, ror #8\n\t"                                              \
                          "ldr r3, [r2], #4\n\t"                                                   \
                          "smlad r8, r4, r3, r8\n\t"                                               \
                          "smlad r10, r6, r3, r10\n\t"                                             \
                          "ldr r3, [r2], #4\n\t"                                                   \
                          "smlad r8, r5, r3, r8\n\t"                                               \
                          "smlad r10, r7, r3, r10\n\t"                                             \
                          "ldr r3, [r2], #4\n\t"                                                   \
                          "smlad r9, r4, r3, r9\n\t"                                               \
                          "smlad r11, r6, r3, r11\n\t"                                             \
                          "ldr r3, [r2], #4\n\t"                                                   \
                          "smlad r9, r5, r3, r9\n\t"                                               \
                          "smlad r11, r7, r3, r11\n\t"                                             \
                          "b 3b\n\t" INTEGRAD_SCALE8_NEGATIVE("r8", "r3", "r4", "80", "90")        \
                              INTEGRAD_SCALE8_NEGATIVE("r9", "r3", "r4", "81", "91")               \
                                  INTEGRAD_SCALE8_NEGATIVE("r10", "r3", "r4", "82", "92")          \
                                      INTEGRAD_SCALE8_NEGATIVE("r11", "r3", "r4", "83", "93")::    \
                                          : "memory");                                             \
    }

INTEGRAD_ROWS8(integrad_rows8, "",
               "mov r8, #0\n\t"
               "mov r9, #0\n\t"
               "mov r10, #0\n\t"
               "mov r11, #0\n\t",
               "#24")

/* The sums begin with the biases. Stack: the layer after the patches. */
INTEGRAD_ROWS8(integrad_biased_rows8, "r3, ",
               "ldr r6, [sp, #24]\n\t"
               "ldr r3, [r6, #24]\n\t"
               "ldrsb r8, [r3], #1\n\t"
               "ldrsb r10, [r3], #1\n\t"
               "str r3, [r6, #24]\n\t"
               "lsl r8, r8, #6\n\t"
               "lsl r10, r10, #6\n\t"
               "mov r9, r8\n\t"
               "mov r11, r10\n\t",
               "#28")
