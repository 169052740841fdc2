/* SPDX-License-Identifier: Apache-2.0 */
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
 * Sums of four rows for two positions. patches: `head` values of each position, then eights of one
 * and of the other in turn. Registers: r0 to r6 and r8 to lr, even, sums, r1 to r7, odd, rows,
 * r9 patches, r11 passes left, then q4 factor, q5 shift, q6 offsets, q7 step.
 */
__attribute__((naked, noinline)) static void
integrad_convolve_rows(__attribute__((unused)) const struct integrad_four_rows *rows) {
    __asm__ volatile(
        ".syntax unified\n\t"
        "push {r4-r11, lr}\n\t"
        "vpush {d8-d15}\n\t"
        "sub sp, #28\n\t"
        "ldrd r2, r4, [r0, #16]\n\t"
        "vdup.32 q4, r2\n\t"
        "vdup.32 q5, r4\n\t"
        "ldr r6, [r0, #24]\n\t"
        "vdup.16 q7, r6\n\t"
        "vldrh.u16 q6, [r0, #28]\n\t"
        "ldrd r1, r3, [r0]\n\t"
        "ldrd r5, r7, [r0, #8]\n\t"
        "adds r0, r0, #44\n\t"
        "ldm r0, {r0, r2, r4, r6, r8, r10}\n\t"
        "adr.w r11, 4f\n\t"
        "add r4, r4, r11\n\t"
        "orr r4, r4, #1\n\t"
        "adr.w r11, 2f\n\t"
        "orr r11, r11, #1\n\t"
        "cmp r6, #0\n\t"
        "it eq\n\t"
        "moveq r11, r4\n\t"
        "stm sp, {r0, r2, r4, r6, r8, r10, r11}\n\t"
        "1:\n\t" /* sp: patches, passes, where they begin, head, s, end, where to begin */
        "ldrd r9, r11, [sp]\n\t"
        "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
        "ldr pc, [sp, #24]\n\t"
        "2:\n\t" /* fewer than eight values */
        "ldr lr, [sp, #12]\n\t"
        "vctp.16 lr\n\t"
        "vpst\n\t"
        "vldrht.u16 q0, [r9]\n\t"
        "add r9, r9, lr, lsl #1\n\t"
        "vpsttt\n\t"
        "vldrht.u16 q1, [r9]\n\t"
        "vldrht.u16 q2, [r1]\n\t"
        "vldrht.u16 q3, [r3]\n\t"
        "add r9, r9, lr, lsl #1\n\t"
        "add r1, r1, lr, lsl #1\n\t"
        "add r3, r3, lr, lsl #1\n\t"
        "vmladava.s16 r0, q0, q2\n\t"
        "vmladava.s16 r8, q1, q2\n\t"
        "vmladava.s16 r2, q0, q3\n\t"
        "vmladava.s16 r10, q1, q3\n\t"
        "vpstt\n\t"
        "vldrht.u16 q2, [r5]\n\t"
        "vldrht.u16 q3, [r7]\n\t"
        "add r5, r5, lr, lsl #1\n\t"
        "add r7, r7, lr, lsl #1\n\t"
        "mov lr, #0\n\t"
        "vmladava.s16 r4, q0, q2\n\t"
        "vmladava.s16 r12, q1, q2\n\t"
        "vmladava.s16 r6, q0, q3\n\t"
        "vmladava.s16 lr, q1, q3\n\t"
        "ldr pc, [sp, #8]\n\t"
        ".p2align 2\n\t"
        "4:\n\t"
        ".rept 6\n\t"
        "vldrh.u16 q0, [r9], #32\n\t"
        "vldrh.u16 q1, [r9, #-16]\n\t"
        "vldrh.u16 q2, [r1], #16\n\t"
        "vmladava.s16 r0, q0, q2\n\t"
        "vmladava.s16 r8, q1, q2\n\t"
        "vldrh.u16 q3, [r3], #16\n\t"
        "vmladava.s16 r2, q0, q3\n\t"
        "vmladava.s16 r10, q1, q3\n\t"
        "vldrh.u16 q2, [r5], #16\n\t"
        "vmladava.s16 r4, q0, q2\n\t"
        "vmladava.s16 r12, q1, q2\n\t"
        "vldrh.u16 q3, [r7], #16\n\t"
        "vmladava.s16 r6, q0, q3\n\t"
        "vmladava.s16 lr, q1, q3\n\t"
        ".endr\n\t"
        "subs.w r11, r11, #1\n\t"
        "bne.w 4b\n\t"
        "vmov q0[2], q0[0], r0, r4\n\t"
        "vmov q0[3], q0[1], r2, r6\n\t"
        "vmov q1[2], q1[0], r8, r12\n\t"
        "vmov q1[3], q1[1], r10, lr\n\t"
        "ldrd r0, r2, [sp, #16]\n\t"
        "vmulh.s32 q0, q0, q4\n\t"
        "vmulh.s32 q1, q1, q4\n\t"
        "vshl.s32 q0, q0, q5\n\t"
        "vshl.s32 q1, q1, q5\n\t"
        "vqmovnb.s32 q0, q0\n\t"
        "vqmovnt.s32 q0, q1\n\t"
        "vqmovnb.s16 q0, q0\n\t"
        "vshr.u8 q1, q0, #7\n\t" /* one more below zero */
        "vadd.i8 q0, q0, q1\n\t"
        "vstrb.16 q0, [r0, q6]\n\t"
        "vadd.i16 q6, q6, q7\n\t"
        "cmp r1, r2\n\t"
        "bne 1b\n\t"
        "add sp, #28\n\t"
        "vpop {d8-d15}\n\t"
        "pop {r4-r11, pc}" ::
            : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* `outs` channels of a convolution, two positions at a time. */
static void integrad_convolve_channels(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, size_t outs,
                                       int32_t scale, int16_t *patches) {
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    const size_t group = (outs + 3) / 4, last = outs - group;
    struct integrad_four_rows rows;
    rows.scale = integrad_reciprocal(scale, 31);
    rows.step = positions;
    rows.patches = patches;
    rows.passes = (n / 8 + 5) / 6;
    /* 56 bytes of code for eight values, then 8 that end the loop. */
    rows.skip = n < 8 ? 6 * 56 + 8 : 56 * (6 * rows.passes - n / 8);
    rows.head = n % 8;
    rows.end = w + group * n;
    for (size_t k = 0; k < 4; k++) {
        const size_t first = k * group < last ? k * group : last;
        rows.w[k] = w + first * n;
        rows.offsets[2 * k] = (uint16_t)(first * positions);
        rows.offsets[2 * k + 1] = (uint16_t)(first * positions + 1);
    }
    struct integrad_window window;
    integrad_window_open(&window, shape);
    integrad_window_move(&window, x, 0);
    const int stride = shape->stride_width, start = -shape->padding_width;
    const int end = start + shape->width * stride;
    const int pairs = n % 8 == 0 && window.period == n;
    int row = 0, left = start;
    for (size_t position = 0; position < positions;) {
        if (pairs && position % 2 == 0 && left >= 0 && left + stride <= window.last_whole) {
            const int8_t *const from = window.line + left;
            integrad_gather_pair(patches, from, from + stride, window.offsets, n / 8);
            left += stride;
            position++;
        } else {
            integrad_gather_turn(patches, position % 2, &window, left);
        }
        left += stride;
        position++;
        if (position % 2 == 0) {
            rows.s = s + position - 2;
            integrad_convolve_rows(&rows);
        } else if (position == positions) { /* the last one, twice */
            integrad_gather_turn(patches, 1, &window, left - stride);
            for (size_t k = 0; k < 8; k += 2) {
                rows.offsets[k + 1] = rows.offsets[k];
            }
            rows.s = s + position - 1;
            integrad_convolve_rows(&rows);
        }
        if (left == end && position < positions) {
            left = start;
            integrad_window_move(&window, x, ++row);
        }
    }
}

/*
 * s = w * x / scale, saturated, as many channels at a time as 16-bit offsets can address. patches:
 * two rows of weights. Large kernels, maps and scales are processed position by position.
 */
INTEGRAD_KERNEL void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, int32_t scale,
                                       int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width), most = 65535 / positions;
    if (integrad_few_fit(shape)) {
        integrad_convolve_few(s, w, x, shape, scale);
        return;
    }
    if (scale > 1 << 23 || most == 0 || !integrad_window_fits(shape)) {
        for (int row = 0; row < shape->height; row++) {
            for (int column = 0; column < shape->width; column++) {
                integrad_gather(patches, x, shape, row, column);
                integrad_linear(s++, positions, w, patches, outs, n, scale);
            }
        }
        return;
    }
    for (size_t o = 0; o < outs; o += most) {
        const size_t channels = outs - o < most ? outs - o : most;
        integrad_convolve_channels(s + o * positions, w + o * n, x, shape, channels, scale,
                                   patches);
    }
}
