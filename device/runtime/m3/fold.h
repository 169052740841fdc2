/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M3_FOLD_H
#define INTEGRAD_M3_FOLD_H

/*
 * Sums of more than 32 bits: a part of at most 513 products fits 32 bits, whatever the weights and
 * inputs, since 513 * 127 * 32639 + 255 < 2^31. What a part yields is added to a word of the
 * stack without its last eight bits, which remain in the register and are part of the next part.
 * Words are 0 at first. Uses r4.
 */

/* The sums in registers r8 and so on, of these numbers. Their words are in this order at sp. */
#define INTEGRAD_FOLD(numbers)                                                                     \
    ".irp k, " numbers "\n\t"                                                                      \
    "ldr r4, [sp, #4 * \\k - 32]\n\t"                                                              \
    "add r4, r4, r\\k, asr #8\n\t"                                                                 \
    "uxtb r\\k, r\\k\n\t"                                                                          \
    "str r4, [sp, #4 * \\k - 32]\n\t"                                                              \
    ".endr\n\t"

/*
 * The sums, limited to 32 bits. This does not change what they become as activations, z / (256 * n)
 * saturated to +-127: n is at most 66052, so that the quotient remains above 127.
 */
#define INTEGRAD_UNFOLD(numbers)                                                                   \
    ".irp k, " numbers "\n\t"                                                                      \
    "ldr r4, [sp, #4 * \\k - 32]\n\t"                                                              \
    "add r4, r4, r\\k, asr #8\n\t"                                                                 \
    "ssat r4, #24, r4\n\t"                                                                         \
    "uxtb r\\k, r\\k\n\t"                                                                          \
    "add r\\k, r\\k, r4, lsl #8\n\t"                                                               \
    ".endr\n\t"

#endif
