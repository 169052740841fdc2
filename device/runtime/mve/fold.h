/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_MVE_FOLD_H
#define INTEGRAD_MVE_FOLD_H

/*
 * Sums of more than 32 bits: a part of at most 512 products fits 32 bits, whatever the weights and
 * inputs, since 512 * 127 * 32639 < 2^31. The upper halves of parts are added up in one vector and
 * the lower ones in another.
 */

/*
 * Of the steps in the second word of the stack, the first part has the rest, from 1 to `most`; how
 * many parts of `most` steps follow it goes to sp + after.
 */
#define INTEGRAD_PARTS(most, after)                                                                \
    "ldr r0, [sp, #4]\n\t"                                                                         \
    "subs r2, r0, #1\n\t"                                                                          \
    "mov r4, #" most "\n\t"                                                                        \
    "sdiv r2, r2, r4\n\t"                                                                          \
    "mls r0, r2, r4, r0\n\t"                                                                       \
    "str r0, [sp, #4]\n\t"                                                                         \
    "str r2, [sp, #" after "]\n\t"

/* Adds the parts in z to both. Uses `temporary`. */
#define INTEGRAD_FOLD(z, low, high, temporary)                                                     \
    "vmovlb.u16 " temporary ", " z "\n\t"                                                          \
    "vmovlt.s16 " z ", " z "\n\t"                                                                  \
    "vadd.i32 " low ", " low ", " temporary "\n\t"                                                 \
    "vadd.i32 " high ", " high ", " z "\n\t"

/*
 * z = their sum, limited to about 32 bits. This does not change what it becomes as an activation:
 * scales are at most 2^23, so that all sums from 128 * 2^23 = 2^30 on saturate, and sums that are
 * limited remain above 2^30, since the lower halves of at most 69 parts add up to less than 2^23.
 */
#define INTEGRAD_UNFOLD(z, low, high)                                                              \
    "vqshl.s32 " high ", " high ", #16\n\t"                                                        \
    "vqadd.s32 " z ", " high ", " low "\n\t"

#endif
