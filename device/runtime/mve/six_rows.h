/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_MVE_SIX_ROWS_H
#define INTEGRAD_MVE_SIX_ROWS_H

/* Six rows of weights that are processed together. */
struct integrad_six_rows {
    const int16_t *w[6];
    struct integrad_reciprocal scale;
    uint16_t offsets[8]; /* of the rows' results from s, in the order in which sums are packed */
    const int16_t *x;
    size_t fours, rest; /* of eights of values; values after them */
    size_t excess;      /* bytes by which eights reach beyond a row */
    int8_t *s;
    size_t step;
    const int16_t *end;
};
INTEGRAD_ASSERT_OFFSET(six_rows, w, 0);
INTEGRAD_ASSERT_OFFSET(six_rows, scale, 24);
INTEGRAD_ASSERT_OFFSET(six_rows, offsets, 32);
INTEGRAD_ASSERT_OFFSET(six_rows, x, 48);
INTEGRAD_ASSERT_OFFSET(six_rows, fours, 52);
INTEGRAD_ASSERT_OFFSET(six_rows, rest, 56);
INTEGRAD_ASSERT_OFFSET(six_rows, excess, 60);
INTEGRAD_ASSERT_OFFSET(six_rows, s, 64);
INTEGRAD_ASSERT_OFFSET(six_rows, step, 68);
INTEGRAD_ASSERT_OFFSET(six_rows, end, 72);

/* Products of eight values. */
#define INTEGRAD_SIX_ROWS_EIGHT                                                                    \
    "vldrh.u16 q0, [r12], #16\n\t"                                                                 \
    "vldrh.u16 q1, [r1], #16\n\t"                                                                  \
    "vmladava.s16 r0, q0, q1\n\t"                                                                  \
    "vldrh.u16 q2, [r3], #16\n\t"                                                                  \
    "vmladava.s16 r2, q0, q2\n\t"                                                                  \
    "vldrh.u16 q1, [r5], #16\n\t"                                                                  \
    "vmladava.s16 r4, q0, q1\n\t"                                                                  \
    "vldrh.u16 q2, [r7], #16\n\t"                                                                  \
    "vmladava.s16 r6, q0, q2\n\t"                                                                  \
    "vldrh.u16 q1, [r9], #16\n\t"                                                                  \
    "vmladava.s16 r8, q0, q1\n\t"                                                                  \
    "vldrh.u16 q2, [r11], #16\n\t"                                                                 \
    "vmladava.s16 r10, q0, q2\n\t"

/*
 * Assembly of a function of these rows: their sums, scaled, six at a time. Registers: r0 to r10,
 * even, sums, r1 to r11, odd, rows, r12 x, then q4 factor, q5 shift, q6 offsets. Sums of 32 bits
 * and wider ones differ in what they `save` on the stack from sp + 28 on, `spare` bytes; where
 * rows `begin`; where all fours are done, but may be those of a `part`; and where all values are,
 * to have the `sums` in q0 and q1.
 */
#define INTEGRAD_SIX_ROWS(spare, save, begin, part, sums)                                          \
    ".syntax unified\n\t"                                                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "vpush {d8-d13}\n\t"                                                                           \
    "sub sp, #28 + " spare "\n\t"                                                                  \
    "ldrd r1, r3, [r0]\n\t"                                                                        \
    "ldrd r5, r7, [r0, #8]\n\t"                                                                    \
    "ldrd r9, r11, [r0, #16]\n\t"                                                                  \
    "vldrh.u16 q6, [r0, #32]\n\t"                                                                  \
    "ldrd r2, r4, [r0, #24]\n\t"                                                                   \
    "vdup.32 q4, r2\n\t"                                                                           \
    "vdup.32 q5, r4\n\t"                                                                           \
    "adds r0, r0, #48\n\t"                                                                         \
    "ldm r0, {r2, r4, r6, r8, r10, r12, lr}\n\t"                                                   \
    "stm sp, {r2, r4, r6, r8, r10, r12, lr}\n\t" save                                              \
    "1:\n\t" /* sp: x, fours, rest, excess, s, step, end */                                        \
        begin "ldrd r12, lr, [sp]\n\t"                                                             \
    "clrm {r0, r2, r4, r6, r8, r10}\n\t"                                                           \
    "wls lr, lr, 3f\n\t"                                                                           \
    "2:\n\t"                                                                                       \
    ".rept 4\n\t" INTEGRAD_SIX_ROWS_EIGHT ".endr\n\t"                                              \
    "le lr, 2b\n\t"                                                                                \
    "3:\n\t" part "ldr lr, [sp, #8]\n\t"                                                           \
    "wlstp.16 lr, lr, 5f\n\t"                                                                      \
    "4:\n\t" INTEGRAD_SIX_ROWS_EIGHT "letp lr, 4b\n\t"                                             \
    "5:\n\t" sums "ldrd r0, r2, [sp, #12]\n\t"                                                     \
    "vmulh.s32 q0, q0, q4\n\t"                                                                     \
    "vmulh.s32 q1, q1, q4\n\t"                                                                     \
    "vshl.s32 q0, q0, q5\n\t"                                                                      \
    "vshl.s32 q1, q1, q5\n\t"                                                                      \
    "vqmovnb.s32 q0, q0\n\t"                                                                       \
    "vqmovnt.s32 q0, q1\n\t"                                                                       \
    "vqmovnb.s16 q0, q0\n\t"                                                                       \
    "vshr.u8 q1, q0, #7\n\t" /* one more below zero */                                             \
    "vadd.i8 q0, q0, q1\n\t"                                                                       \
    "vstrb.16 q0, [r2, q6]\n\t"                                                                    \
    "ldrd r4, r6, [sp, #20]\n\t"                                                                   \
    "add r2, r2, r4\n\t"                                                                           \
    "str r2, [sp, #16]\n\t"                                                                        \
    "cbz r0, 6f\n\t"                                                                               \
    "subs r1, r1, r0\n\t"                                                                          \
    "subs r3, r3, r0\n\t"                                                                          \
    "subs r5, r5, r0\n\t"                                                                          \
    "subs r7, r7, r0\n\t"                                                                          \
    "sub r9, r9, r0\n\t"                                                                           \
    "sub r11, r11, r0\n\t"                                                                         \
    "6:\n\t"                                                                                       \
    "cmp r1, r6\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    "add sp, #28 + " spare "\n\t"                                                                  \
    "vpop {d8-d13}\n\t"                                                                            \
    "pop {r4-r11, pc}"

/* The sums of six rows in q0 and q1. */
#define INTEGRAD_SIX_ROWS_PARTS                                                                    \
    "vmov q0[2], q0[0], r0, r4\n\t"                                                                \
    "vmov q0[3], q0[1], r2, r6\n\t"                                                                \
    "vmov q1[2], q1[0], r8, r10\n\t"                                                               \
    "vmov q1[3], q1[1], r8, r10\n\t"

/*
 * s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. The rows are divided into six
 * groups, the last of which may overlap.
 */
__attribute__((always_inline)) static inline void
integrad_linear_in_sixes(int8_t *s, size_t step, const int16_t *w, const int16_t *x, size_t outs,
                         size_t n, int32_t scale,
                         void (*six_rows)(const struct integrad_six_rows *)) {
    static const uint16_t packed[8] = {0, 4, 1, 4, 2, 5, 3, 5};
    const size_t group = (outs + 5) / 6, last = outs - group;
    struct integrad_six_rows rows;
    rows.scale = integrad_reciprocal(scale, 31);
    for (size_t k = 0; k < 6; k++) {
        rows.w[k] = w + (k * group < last ? k * group : last) * n;
    }
    rows.end = w + group * n;
    rows.x = x;
    rows.fours = n / 32;
    rows.rest = n % 32;
    rows.excess = 2 * (0 - n) % 16;
    rows.s = s;
    rows.step = step;
    uint16x8_t offsets = vmulq_n_u16(vldrhq_u16(packed), (uint16_t)group);
    offsets = vminq_u16(offsets, vdupq_n_u16((uint16_t)last));
    vstrhq_u16(rows.offsets, vmulq_n_u16(offsets, (uint16_t)step));
    six_rows(&rows);
}

#endif
