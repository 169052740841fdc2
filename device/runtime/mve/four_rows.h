/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_MVE_FOUR_ROWS_H
#define INTEGRAD_MVE_FOUR_ROWS_H

#include "offsets.h"

/* Four rows of weights that advance together over the inputs of two positions. */
struct integrad_four_rows {
    const int16_t *w[4];
    struct integrad_reciprocal scale;
    size_t step;         /* between channels of s */
    uint16_t offsets[8]; /* of the rows' results from s, in the order in which sums are packed */
    const int16_t *patches;
    size_t passes, skip, head; /* over six eights of values, code to skip at first, values before */
    int8_t *s;
    const int16_t *end; /* of the first row */
};
INTEGRAD_ASSERT_OFFSET(four_rows, w, 0);
INTEGRAD_ASSERT_OFFSET(four_rows, scale, 16);
INTEGRAD_ASSERT_OFFSET(four_rows, step, 24);
INTEGRAD_ASSERT_OFFSET(four_rows, offsets, 28);
INTEGRAD_ASSERT_OFFSET(four_rows, patches, 44);
INTEGRAD_ASSERT_OFFSET(four_rows, passes, 48);
INTEGRAD_ASSERT_OFFSET(four_rows, skip, 52);
INTEGRAD_ASSERT_OFFSET(four_rows, head, 56);
INTEGRAD_ASSERT_OFFSET(four_rows, s, 60);
INTEGRAD_ASSERT_OFFSET(four_rows, end, 64);

/*
 * Assembly of a function of these rows: their sums for two positions, scaled. patches: `head`
 * values of each position, then eights of one and of the other in turn. Registers: r0 to r6 and r8
 * to lr, even, sums, r1 to r7, odd, rows, r9 patches, r11 passes left, then q4 factor, q5 shift, q6
 * offsets, q7 step. Sums of 32 bits and wider ones differ in what they do after `save`, what is
 * kept on the stack from sp + 28 on, `spare` bytes; where rows `begin`; where all passes are done,
 * to have `sums` in q0 and q1; and where the offsets `advance`.
 */
#define INTEGRAD_FOUR_ROWS(spare, save, begin, sums, advance)                                      \
    ".syntax unified\n\t"                                                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "vpush {d8-d15}\n\t"                                                                           \
    "sub sp, #28 + " spare "\n\t"                                                                  \
    "ldrd r2, r4, [r0, #16]\n\t"                                                                   \
    "vdup.32 q4, r2\n\t"                                                                           \
    "vdup.32 q5, r4\n\t"                                                                           \
    "ldr r6, [r0, #24]\n\t"                                                                        \
    "vdup.16 q7, r6\n\t"                                                                           \
    "vldrh.u16 q6, [r0, #28]\n\t"                                                                  \
    "ldrd r1, r3, [r0]\n\t"                                                                        \
    "ldrd r5, r7, [r0, #8]\n\t"                                                                    \
    "adds r0, r0, #44\n\t"                                                                         \
    "ldm r0, {r0, r2, r4, r6, r8, r10}\n\t"                                                        \
    "adr.w r11, 4f\n\t"                                                                            \
    "add r4, r4, r11\n\t"                                                                          \
    "orr r4, r4, #1\n\t"                                                                           \
    "adr.w r11, 2f\n\t"                                                                            \
    "orr r11, r11, #1\n\t"                                                                         \
    "cmp r6, #0\n\t"                                                                               \
    "it eq\n\t"                                                                                    \
    "moveq r11, r4\n\t"                                                                            \
    "stm sp, {r0, r2, r4, r6, r8, r10, r11}\n\t" save                                              \
    "1:\n\t" /* sp: patches, passes, where they begin, head, s, end, where to begin */             \
        begin "ldrd r9, r11, [sp]\n\t"                                                             \
    "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"                                                  \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    "2:\n\t" /* fewer than eight values */                                                         \
    "ldr lr, [sp, #12]\n\t"                                                                        \
    "vctp.16 lr\n\t"                                                                               \
    "vpst\n\t"                                                                                     \
    "vldrht.u16 q0, [r9]\n\t"                                                                      \
    "add r9, r9, lr, lsl #1\n\t"                                                                   \
    "vpsttt\n\t"                                                                                   \
    "vldrht.u16 q1, [r9]\n\t"                                                                      \
    "vldrht.u16 q2, [r1]\n\t"                                                                      \
    "vldrht.u16 q3, [r3]\n\t"                                                                      \
    "add r9, r9, lr, lsl #1\n\t"                                                                   \
    "add r1, r1, lr, lsl #1\n\t"                                                                   \
    "add r3, r3, lr, lsl #1\n\t"                                                                   \
    "vmladava.s16 r0, q0, q2\n\t"                                                                  \
    "vmladava.s16 r8, q1, q2\n\t"                                                                  \
    "vmladava.s16 r2, q0, q3\n\t"                                                                  \
    "vmladava.s16 r10, q1, q3\n\t"                                                                 \
    "vpstt\n\t"                                                                                    \
    "vldrht.u16 q2, [r5]\n\t"                                                                      \
    "vldrht.u16 q3, [r7]\n\t"                                                                      \
    "add r5, r5, lr, lsl #1\n\t"                                                                   \
    "add r7, r7, lr, lsl #1\n\t"                                                                   \
    "mov lr, #0\n\t"                                                                               \
    "vmladava.s16 r4, q0, q2\n\t"                                                                  \
    "vmladava.s16 r12, q1, q2\n\t"                                                                 \
    "vmladava.s16 r6, q0, q3\n\t"                                                                  \
    "vmladava.s16 lr, q1, q3\n\t"                                                                  \
    "ldr pc, [sp, #8]\n\t"                                                                         \
    ".p2align 2\n\t"                                                                               \
    "4:\n\t"                                                                                       \
    ".rept 6\n\t"                                                                                  \
    "vldrh.u16 q0, [r9], #32\n\t"                                                                  \
    "vldrh.u16 q1, [r9, #-16]\n\t"                                                                 \
    "vldrh.u16 q2, [r1], #16\n\t"                                                                  \
    "vmladava.s16 r0, q0, q2\n\t"                                                                  \
    "vmladava.s16 r8, q1, q2\n\t"                                                                  \
    "vldrh.u16 q3, [r3], #16\n\t"                                                                  \
    "vmladava.s16 r2, q0, q3\n\t"                                                                  \
    "vmladava.s16 r10, q1, q3\n\t"                                                                 \
    "vldrh.u16 q2, [r5], #16\n\t"                                                                  \
    "vmladava.s16 r4, q0, q2\n\t"                                                                  \
    "vmladava.s16 r12, q1, q2\n\t"                                                                 \
    "vldrh.u16 q3, [r7], #16\n\t"                                                                  \
    "vmladava.s16 r6, q0, q3\n\t"                                                                  \
    "vmladava.s16 lr, q1, q3\n\t"                                                                  \
    ".endr\n\t"                                                                                    \
    "subs.w r11, r11, #1\n\t"                                                                      \
    "bne.w 4b\n\t" sums "ldrd r0, r2, [sp, #16]\n\t"                                               \
    "vmulh.s32 q0, q0, q4\n\t"                                                                     \
    "vmulh.s32 q1, q1, q4\n\t"                                                                     \
    "vshl.s32 q0, q0, q5\n\t"                                                                      \
    "vshl.s32 q1, q1, q5\n\t"                                                                      \
    "vqmovnb.s32 q0, q0\n\t"                                                                       \
    "vqmovnt.s32 q0, q1\n\t"                                                                       \
    "vqmovnb.s16 q0, q0\n\t"                                                                       \
    "vshr.u8 q1, q0, #7\n\t" /* one more below zero */                                             \
    "vadd.i8 q0, q0, q1\n\t"                                                                       \
    "vstrb.16 q0, [r0, q6]\n\t"                                                                    \
    "vadd.i16 q6, q6, q7\n\t" advance "cmp r1, r2\n\t"                                             \
    "bne 1b\n\t"                                                                                   \
    "add sp, #28 + " spare "\n\t"                                                                  \
    "vpop {d8-d15}\n\t"                                                                            \
    "pop {r4-r11, pc}"

/* The sums of four rows in q0 and q1. */
#define INTEGRAD_FOUR_ROWS_PARTS                                                                   \
    "vmov q0[2], q0[0], r0, r4\n\t"                                                                \
    "vmov q0[3], q0[1], r2, r6\n\t"                                                                \
    "vmov q1[2], q1[0], r8, r12\n\t"                                                               \
    "vmov q1[3], q1[1], r10, lr\n\t"

#endif
