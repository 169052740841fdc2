/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M3_GATHER_TWO_H
#define INTEGRAD_M3_GATHER_TWO_H

/*
 * The inputs of two neighbouring positions of a kernel of width 3 with stride 1, which share two of
 * four columns. integrad_gather_lines depends on the order of the members.
 */
struct integrad_two_positions {
    int before, after;  /* the outer columns, from the second: the next to it where off the map */
    int width;          /* from line to line */
    int lines;          /* on the map */
    int input_gap;      /* behind them, to the next channel */
    int gap;            /* in a patch, in bytes */
    const int16_t *end; /* of the first patch */
};
INTEGRAD_ASSERT_OFFSET(two_positions, before, 0);
INTEGRAD_ASSERT_OFFSET(two_positions, after, 4);
INTEGRAD_ASSERT_OFFSET(two_positions, width, 8);
INTEGRAD_ASSERT_OFFSET(two_positions, lines, 12);
INTEGRAD_ASSERT_OFFSET(two_positions, input_gap, 16);
INTEGRAD_ASSERT_OFFSET(two_positions, gap, 20);
INTEGRAD_ASSERT_OFFSET(two_positions, end, 24);

/*
 * Inputs of the lines that are on the map, in the order of a row of weights; from: the second
 * column. Registers: r0 and r1 patches, r2 from, r3 lines left, r4 to r10 how, r12 a value.
 */
__attribute__((naked, noinline)) static void
integrad_gather_lines(__attribute__((unused)) int16_t *patch,
                      __attribute__((unused)) int16_t *other,
                      __attribute__((unused)) const int8_t *from,
                      __attribute__((unused)) const struct integrad_two_positions *how) {
    __asm__ volatile("push {r4-r10, lr}\n\t"
                     "ldm r3, {r4-r10}\n\t"
                     "cmp r7, #3\n\t"
                     "beq 3f\n\t"
                     "1:\n\t"
                     "mov r3, r7\n\t"
                     "2:\n\t"
                     "ldrsb r12, [r2, r4]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "ldrsb r12, [r2]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "strh r12, [r1], #2\n\t"
                     "ldrsb r12, [r2, #1]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "strh r12, [r1], #2\n\t"
                     "ldrsb r12, [r2, r5]\n\t"
                     "strh r12, [r1], #2\n\t"
                     "add r2, r2, r6\n\t"
                     "subs r3, r3, #1\n\t"
                     "bne 2b\n\t"
                     "add r2, r2, r8\n\t"
                     "add r0, r0, r9\n\t"
                     "add r1, r1, r9\n\t"
                     "cmp r0, r10\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r10, pc}\n\t"
                     "3:\n\t" /* three lines */
                     ".rept 3\n\t"
                     "ldrsb r12, [r2, r4]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "ldrsb r12, [r2]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "strh r12, [r1], #2\n\t"
                     "ldrsb r12, [r2, #1]\n\t"
                     "strh r12, [r0], #2\n\t"
                     "strh r12, [r1], #2\n\t"
                     "ldrsb r12, [r2, r5]\n\t"
                     "strh r12, [r1], #2\n\t"
                     "add r2, r2, r6\n\t"
                     ".endr\n\t"
                     "add r2, r2, r8\n\t"
                     "add r0, r0, r9\n\t"
                     "add r1, r1, r9\n\t"
                     "cmp r0, r10\n\t"
                     "bne 3b\n\t"
                     "pop {r4-r10, pc}");
}

/* Gathers for the positions at `left` and right of it. first: line of the kernel. line: of the map.
 */
static inline void integrad_gather_two(int16_t *patches, size_t pitch, const int8_t *line,
                                       int first, int left, int in_width,
                                       struct integrad_two_positions *how) {
    int16_t *const from = patches + 3 * first;
    const int16_t *const end = how->end - 3 * first;
    how->before = left < 0 ? 0 : -1;
    how->after = left + 4 > in_width ? 1 : 2;
    integrad_gather_lines(from, from + pitch, line + left + 1, how);
    if (left < 0) {
        for (int16_t *to = patches; to < end; to += 3) {
            *to = 0;
        }
    }
    if (how->after == 1) {
        for (int16_t *to = patches + 2; to < end; to += 3) {
            to[pitch] = 0;
        }
    }
}

#endif
