/* SPDX-License-Identifier: Apache-2.0 */
enum { INTEGRAD_BAND = 256 };

/*
 * Four rows of up to nine weights, and state for a row of positions: eight inputs that are
 * gathered, and a ninth. integrad_few_rows depends on the order of the members.
 */
struct integrad_few {
    const int8_t *x; /* what the first position sees */
    int8_t *s;
    size_t pairs; /* of positions */
    size_t ninth; /* where that input is */
    size_t stride, lanes;
    const int16_t *w[4];
    uint16_t offsets[8]; /* of inputs */
    int32_t last[4];     /* ninth weights */
    int32_t factor[4];
    uint16_t to[8]; /* offsets of results, a row's two side by side */
    int32_t shift;
};
INTEGRAD_ASSERT_OFFSET(few, x, 0);
INTEGRAD_ASSERT_OFFSET(few, s, 4);
INTEGRAD_ASSERT_OFFSET(few, pairs, 8);
INTEGRAD_ASSERT_OFFSET(few, ninth, 12);
INTEGRAD_ASSERT_OFFSET(few, stride, 16);
INTEGRAD_ASSERT_OFFSET(few, lanes, 20);
INTEGRAD_ASSERT_OFFSET(few, w, 24);
INTEGRAD_ASSERT_OFFSET(few, offsets, 40);
INTEGRAD_ASSERT_OFFSET(few, last, 56);
INTEGRAD_ASSERT_OFFSET(few, factor, 72);
INTEGRAD_ASSERT_OFFSET(few, to, 88);
INTEGRAD_ASSERT_OFFSET(few, shift, 104);

/* Registers: r0 to r6, even, sums, r1 and r3 ninth inputs, r5 shift, r8 x, r9 s, r10 ninth, r11
 * stride, r12 vectors in memory; q2 offsets, q4 to q7 weights. */
__attribute__((naked, noinline)) static void integrad_few_rows(__attribute__((unused))
                                                               const struct integrad_few *few) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r11, lr}\n\t"
                     "vpush {d8-d15}\n\t"
                     "ldr r5, [r0, #104]\n\t"
                     "ldrd r8, r9, [r0]\n\t"
                     "ldrd lr, r10, [r0, #8]\n\t"
                     "ldrd r11, r1, [r0, #16]\n\t"
                     "ldrd r2, r3, [r0, #24]\n\t"
                     "ldrd r4, r6, [r0, #32]\n\t"
                     "vctp.16 r1\n\t"
                     "vpstttt\n\t"
                     "vldrht.u16 q4, [r2]\n\t"
                     "vldrht.u16 q5, [r3]\n\t"
                     "vldrht.u16 q6, [r4]\n\t"
                     "vldrht.u16 q7, [r6]\n\t"
                     "add r12, r0, #56\n\t"
                     "vldrh.u16 q2, [r0, #40]\n\t"
                     "dls lr, lr\n\t"
                     "1:\n\t"
                     "vldrb.s16 q0, [r8, q2]\n\t"
                     "ldrsb r1, [r8, r10]\n\t"
                     "add r8, r8, r11\n\t"
                     "vmladav.s16 r0, q0, q4\n\t"
                     "vmladav.s16 r2, q0, q5\n\t"
                     "vmladav.s16 r4, q0, q6\n\t"
                     "vmladav.s16 r6, q0, q7\n\t"
                     "vmov q1[2], q1[0], r0, r4\n\t"
                     "vmov q1[3], q1[1], r2, r6\n\t"
                     "vldrb.s16 q0, [r8, q2]\n\t"
                     "ldrsb r3, [r8, r10]\n\t"
                     "add r8, r8, r11\n\t"
                     "vmladav.s16 r0, q0, q4\n\t"
                     "vmladav.s16 r2, q0, q5\n\t"
                     "vmladav.s16 r4, q0, q6\n\t"
                     "vmladav.s16 r6, q0, q7\n\t"
                     "vmov q0[2], q0[0], r0, r4\n\t"
                     "vmov q0[3], q0[1], r2, r6\n\t"
                     "vldrw.u32 q3, [r12]\n\t"
                     "vmla.s32 q1, q3, r1\n\t"
                     "vmla.s32 q0, q3, r3\n\t"
                     "vldrw.u32 q3, [r12, #16]\n\t"
                     "vmulh.s32 q1, q1, q3\n\t"
                     "vmulh.s32 q0, q0, q3\n\t"
                     "vshl.s32 q1, r5\n\t"
                     "vshl.s32 q0, r5\n\t"
                     "vqmovnb.s32 q1, q1\n\t"
                     "vqmovnt.s32 q1, q0\n\t"
                     "vqmovnb.s16 q1, q1\n\t"
                     "vshr.u8 q0, q1, #7\n\t" /* one more below zero */
                     "vadd.i8 q1, q1, q0\n\t"
                     "vldrh.u16 q3, [r12, #32]\n\t"
                     "vstrb.16 q1, [r9, q3]\n\t"
                     "add r9, r9, #2\n\t"
                     "le lr, 1b\n\t"
                     "vpop {d8-d15}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* Whether a convolution has few enough inputs per result. */
static int integrad_few_fit(const struct integrad_shape *shape) {
    const int lines = shape->in_channels * shape->kernel_height;
    return lines * shape->kernel_width <= 9 && shape->channels >= 4 && shape->width >= 2 &&
           3 * shape->height * shape->width < 65535 &&
           lines * (shape->in_width + 2 * shape->padding_width) <= INTEGRAD_BAND;
}

/* The lines in the receptive field of a row of positions, with 0 outside the map. */
static void integrad_band(int8_t *band, const int8_t *x, const struct integrad_shape *shape,
                          int row) {
    const int top = row * shape->stride_height - shape->padding_height;
    for (int c = 0; c < shape->in_channels; c++) {
        for (int i = top; i < top + shape->kernel_height; i++) {
            const int inside = i >= 0 && i < shape->in_height;
            const int8_t *from = inside ? x + i * shape->in_width : x;
            int8_t *to = band + shape->padding_width;
            const int8x16_t keep = vdupq_n_s8(inside ? -1 : 0);
            __asm__ volatile("dlstp.8 lr, %[count]\n\t"
                             "1:\n\t"
                             "vldrb.u8 q0, [%[from]], #16\n\t"
                             "vand q0, q0, %q[keep]\n\t"
                             "vstrb.8 q0, [%[to]], #16\n\t"
                             "letp lr, 1b"
                             : [from] "+&r"(from), [to] "+&r"(to)
                             : [count] "r"(shape->in_width), [keep] "w"(keep)
                             : "q0", "lr", "memory");
            band += shape->in_width + 2 * shape->padding_width;
        }
        x += shape->in_height * shape->in_width;
    }
}

/* The state for four rows of weights that does not depend on the row of positions. */
static void integrad_few_weights(struct integrad_few *few, const int16_t *w, size_t n,
                                 size_t positions) {
    for (size_t k = 0; k < 4; k++) {
        few->w[k] = w + k * n;
        few->last[k] = n == 9 ? w[k * n + 8] : 0;
        few->to[2 * k] = (uint16_t)(k * positions);
        few->to[2 * k + 1] = (uint16_t)(k * positions + 1);
    }
}

/* integrad_convolve for up to nine inputs per result, one row of positions at a time. */
static void integrad_convolve_few(int8_t *s, const int16_t *w, const int8_t *x,
                                  const struct integrad_shape *shape, int32_t scale) {
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t outs = (size_t)shape->channels, width = (size_t)shape->width;
    const size_t positions = (size_t)shape->height * width;
    const size_t line = (size_t)(shape->in_width + 2 * shape->padding_width);
    const struct integrad_reciprocal reciprocal = integrad_reciprocal(scale, 31);
    int8_t band[INTEGRAD_BAND];
    uint16_t offsets[9];
    struct integrad_few few;
    for (size_t i = 0; i < INTEGRAD_BAND; i += 16) {
        vstrbq_s8(band + i, vdupq_n_s8(0));
    }
    offsets[8] = 0;
    vstrhq_u16(offsets, vdupq_n_u16(0));
    for (size_t i = 0; i < n; i++) {
        const size_t columns = (size_t)shape->kernel_width;
        offsets[i] = (uint16_t)(i / columns * line + i % columns);
    }
    vstrhq_u16(few.offsets, vldrhq_u16(offsets));
    vstrwq_s32(few.factor, vdupq_n_s32(reciprocal.factor));
    few.shift = reciprocal.shift;
    few.ninth = offsets[8];
    few.lanes = n < 8 ? n : 8;
    few.stride = (size_t)shape->stride_width;
    for (int row = 0; row < shape->height; row++, s += width) {
        integrad_band(band, x, shape, row);
        for (size_t o = 0; o < outs; o += 4) {
            const size_t first = o + 4 > outs ? outs - 4 : o;
            integrad_few_weights(&few, w + first * n, n, positions);
            few.x = band;
            few.s = s + first * positions;
            few.pairs = width / 2;
            integrad_few_rows(&few);
            if (width % 2 > 0) { /* the last one, with the one before */
                few.x = band + (width - 2) * few.stride;
                few.s += width - 2;
                few.pairs = 1;
                integrad_few_rows(&few);
            }
        }
    }
}
