/* SPDX-License-Identifier: Apache-2.0 */
/* Two rows of weights and the inputs of two positions. */
struct integrad_two_wide {
    const int16_t *w[2];
    const int16_t *patches;
    size_t head, fours, rest; /* values before eights, fours of eights, eights after them */
};
INTEGRAD_ASSERT_OFFSET(two_wide, w, 0);
INTEGRAD_ASSERT_OFFSET(two_wide, patches, 8);
INTEGRAD_ASSERT_OFFSET(two_wide, head, 12);
INTEGRAD_ASSERT_OFFSET(two_wide, fours, 16);
INTEGRAD_ASSERT_OFFSET(two_wide, rest, 20);

/*
 * Sums of two rows for two positions in 64 bits: z[0] and z[1] of the first row. patches: `head`
 * values of each position, then eights of one and of the other in turn. Registers: r0 to r7 sums,
 * r8 r9 rows, r10 patches, r11 eights after the fours, r12 values of the head.
 */
__attribute__((naked, noinline)) static void
integrad_wide_pair(__attribute__((unused)) int64_t z[4],
                   __attribute__((unused)) const struct integrad_two_wide *rows) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r0, r4-r11, lr}\n\t"
                     "ldrd r8, r9, [r1]\n\t"
                     "ldrd r10, r12, [r1, #8]\n\t"
                     "ldrd lr, r11, [r1, #16]\n\t"
                     "clrm {r0-r7}\n\t"
                     "vctp.16 r12\n\t"
                     "vpst\n\t"
                     "vldrht.u16 q0, [r10]\n\t"
                     "add r10, r10, r12, lsl #1\n\t"
                     "vpsttt\n\t"
                     "vldrht.u16 q1, [r10]\n\t"
                     "vldrht.u16 q2, [r8]\n\t"
                     "vldrht.u16 q3, [r9]\n\t"
                     "add r10, r10, r12, lsl #1\n\t"
                     "add r8, r8, r12, lsl #1\n\t"
                     "add r9, r9, r12, lsl #1\n\t"
                     "vmlaldava.s16 r0, r1, q0, q2\n\t"
                     "vmlaldava.s16 r2, r3, q1, q2\n\t"
                     "vmlaldava.s16 r4, r5, q0, q3\n\t"
                     "vmlaldava.s16 r6, r7, q1, q3\n\t"
                     "wls lr, lr, 2f\n\t"
                     "1:\n\t"
                     ".rept 4\n\t"
                     "vldrh.u16 q0, [r10], #32\n\t"
                     "vldrh.u16 q2, [r8], #16\n\t"
                     "vmlaldava.s16 r0, r1, q0, q2\n\t"
                     "vldrh.u16 q1, [r10, #-16]\n\t"
                     "vmlaldava.s16 r2, r3, q1, q2\n\t"
                     "vldrh.u16 q3, [r9], #16\n\t"
                     "vmlaldava.s16 r4, r5, q0, q3\n\t"
                     "vmlaldava.s16 r6, r7, q1, q3\n\t"
                     ".endr\n\t"
                     "le lr, 1b\n\t"
                     "2:\n\t"
                     "wls lr, r11, 4f\n\t"
                     "3:\n\t"
                     "vldrh.u16 q0, [r10], #32\n\t"
                     "vldrh.u16 q2, [r8], #16\n\t"
                     "vmlaldava.s16 r0, r1, q0, q2\n\t"
                     "vldrh.u16 q1, [r10, #-16]\n\t"
                     "vmlaldava.s16 r2, r3, q1, q2\n\t"
                     "vldrh.u16 q3, [r9], #16\n\t"
                     "vmlaldava.s16 r4, r5, q0, q3\n\t"
                     "vmlaldava.s16 r6, r7, q1, q3\n\t"
                     "le lr, 3b\n\t"
                     "4:\n\t"
                     "pop {r12}\n\t"
                     "stm r12, {r0-r7}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* All channels of two positions, or of one: then `next`, the index of the second result, is 0. */
static void integrad_convolve_pair(int8_t *s, size_t next, size_t positions, const int16_t *w,
                                   size_t outs, size_t n, struct integrad_two_wide *rows) {
    const int32_t scale = 256 * (int32_t)n;
    int64_t sums[4];
    for (size_t o = 0; o < outs; o += 2) {
        const size_t second = o + 1 < outs ? positions : 0;
        rows->w[0] = w;
        rows->w[1] = second > 0 ? w + n : w;
        integrad_wide_pair(sums, rows);
        s[0] = integrad_scaled(integrad_limited(sums[0]), scale);
        s[next] = integrad_scaled(integrad_limited(sums[1]), scale);
        s[second] = integrad_scaled(integrad_limited(sums[2]), scale);
        s[second + next] = integrad_scaled(integrad_limited(sums[3]), scale);
        s += 2 * positions;
        w += 2 * n;
    }
}

/*
 * s = w * x / (256 * fan-in), saturated, for sums of any size, two positions at a time. patches:
 * two rows of weights. Large kernels and maps are processed position by position.
 */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    const int fits = integrad_window_fits(shape);
    struct integrad_window window;
    struct integrad_two_wide rows;
    rows.patches = patches;
    rows.head = n % 8;
    rows.fours = n / 32;
    rows.rest = n / 8 % 4;
    if (fits) {
        integrad_window_open(&window, shape);
    }
    size_t waiting = 0; /* positions whose inputs are gathered */
    for (int row = 0; row < shape->height; row++) {
        int left = -shape->padding_width;
        if (fits) {
            integrad_window_move(&window, x, row);
        }
        for (int column = 0; column < shape->width; column++, left += shape->stride_width) {
            if (!fits) {
                integrad_gather(patches, x, shape, row, column);
                integrad_linear_wide(s++, positions, w, patches, outs, n);
                continue;
            }
            integrad_gather_turn(patches, waiting, &window, left);
            if (waiting == 1) {
                integrad_convolve_pair(s, 1, positions, w, outs, n, &rows);
                s += 2;
            } else if (row + 1 == shape->height && column + 1 == shape->width) {
                integrad_gather_turn(patches, 1, &window, left);
                integrad_convolve_pair(s, 0, positions, w, outs, n, &rows);
            }
            waiting ^= 1;
        }
    }
}
