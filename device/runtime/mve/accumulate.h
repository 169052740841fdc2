/* SPDX-License-Identifier: Apache-2.0 */
enum { INTEGRAD_HITS = 16 };

/* Sixteen errors and where their kernels begin, in rows, columns and bytes from an input; then how
 * to step through these. The order of the members is known to integrad_accumulate_hits. */
struct integrad_hits {
    uint16_t column[INTEGRAD_HITS]; /* left, where the kernel's current line is on the map */
    uint16_t offset[INTEGRAD_HITS];
    int16_t error[INTEGRAD_HITS];
    uint16_t top[INTEGRAD_HITS], left[INTEGRAD_HITS];
    int columns, channels, cells, plane; /* cells: bytes of a channel's gradient */
    int in_width, in_height, lines;
};
INTEGRAD_ASSERT_OFFSET(hits, column, 0);
INTEGRAD_ASSERT_OFFSET(hits, offset, 32);
INTEGRAD_ASSERT_OFFSET(hits, error, 64);
INTEGRAD_ASSERT_OFFSET(hits, top, 96);
INTEGRAD_ASSERT_OFFSET(hits, left, 128);
INTEGRAD_ASSERT_OFFSET(hits, columns, 160);
INTEGRAD_ASSERT_OFFSET(hits, channels, 164);
INTEGRAD_ASSERT_OFFSET(hits, cells, 168);
INTEGRAD_ASSERT_OFFSET(hits, plane, 172);
INTEGRAD_ASSERT_OFFSET(hits, in_width, 176);
INTEGRAD_ASSERT_OFFSET(hits, in_height, 180);
INTEGRAD_ASSERT_OFFSET(hits, lines, 184);

/*
 * What errors add to a gradient: cell by cell of the kernel, in every channel. Registers: r0
 * gradient, r1 x, r2 hits, r3 cell's offset, r4 sum, r5 column, r6 columns, r7 channels, r8 cells,
 * r9 plane, r10 r11 gradient and x of a channel, r12 line; q1 q2 errors, q3 q4 offsets, q5 width.
 */
__attribute__((naked, noinline)) static void
integrad_accumulate_hits(__attribute__((unused)) int32_t *gradient,
                         __attribute__((unused)) const int8_t *x,
                         __attribute__((unused)) struct integrad_hits *hits) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r11, lr}\n\t"
                     "vpush {d8-d11}\n\t"
                     "add r12, r2, #160\n\t"
                     "ldm r12, {r6-r9}\n\t"
                     "ldr r3, [r2, #176]\n\t"
                     "vdup.16 q5, r3\n\t"
                     "mov r12, #0\n\t"
                     "1:\n\t" /* next line */
                     "ldr r4, [r2, #180]\n\t"
                     "mov r5, #0x8000\n\t"
                     "vdup.16 q3, r5\n\t"
                     "vldrh.u16 q0, [r2, #96]\n\t"
                     "vldrh.u16 q1, [r2, #112]\n\t"
                     "vadd.i16 q0, q0, r12\n\t"
                     "vadd.i16 q1, q1, r12\n\t"
                     "vldrh.u16 q2, [r2, #128]\n\t"
                     "vpt.u16 cs, q0, r4\n\t"
                     "vmovt q2, q3\n\t"
                     "vstrh.16 q2, [r2]\n\t"
                     "vldrh.u16 q2, [r2, #144]\n\t"
                     "vpt.u16 cs, q1, r4\n\t"
                     "vmovt q2, q3\n\t"
                     "vstrh.16 q2, [r2, #16]\n\t"
                     "ldr r3, [r2, #176]\n\t"
                     "mul r3, r3, r12\n\t"
                     "mov r5, #0\n\t"
                     "2:\n\t" /* next cell */
                     "vldrh.u16 q0, [r2]\n\t"
                     "vadd.i16 q0, q0, r5\n\t"
                     "vpttt.u16 hi, q5, q0\n\t"
                     "vldrht.u16 q1, [r2, #64]\n\t"
                     "vldrht.u16 q3, [r2, #32]\n\t"
                     "vaddt.i16 q3, q3, r3\n\t"
                     "vldrh.u16 q0, [r2, #16]\n\t"
                     "vadd.i16 q0, q0, r5\n\t"
                     "vpttt.u16 hi, q5, q0\n\t"
                     "vldrht.u16 q2, [r2, #80]\n\t"
                     "vldrht.u16 q4, [r2, #48]\n\t"
                     "vaddt.i16 q4, q4, r3\n\t"
                     "mov r10, r0\n\t"
                     "mov r11, r1\n\t"
                     "dls lr, r7\n\t"
                     "3:\n\t" /* next channel */
                     "ldr r4, [r10]\n\t"
                     "vldrb.s16 q0, [r11, q3]\n\t"
                     "vmladava.s16 r4, q0, q1\n\t"
                     "vldrb.s16 q0, [r11, q4]\n\t"
                     "vmladava.s16 r4, q0, q2\n\t"
                     "str r4, [r10]\n\t"
                     "add r10, r10, r8\n\t"
                     "add r11, r11, r9\n\t"
                     "le lr, 3b\n\t"
                     "add r0, r0, #4\n\t"
                     "add r3, r3, #1\n\t"
                     "add r5, r5, #1\n\t"
                     "cmp r5, r6\n\t"
                     "bne 2b\n\t"
                     "add r12, r12, #1\n\t"
                     "ldr r4, [r2, #184]\n\t"
                     "cmp r12, r4\n\t"
                     "bne 1b\n\t"
                     "vpop {d8-d11}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/* What an error of any size adds. */
static void integrad_accumulate_one(int32_t *gradient, const int8_t *x, int32_t d, int32_t place,
                                    const struct integrad_shape *shape) {
    const int top = integrad_row(place) * shape->stride_height - shape->padding_height;
    const int left = integrad_column(place) * shape->stride_width - shape->padding_width;
    for (int c = 0; c < shape->in_channels; c++) {
        for (int i = top; i < top + shape->kernel_height; i++) {
            for (int j = left; j < left + shape->kernel_width; j++, gradient++) {
                if (i >= 0 && i < shape->in_height && j >= 0 && j < shape->in_width) {
                    *gradient += d * x[i * shape->in_width + j];
                }
            }
        }
        x += shape->in_height * shape->in_width;
    }
}

/* The next four errors, or `count`, and their places. Returns their largest magnitude. */
static inline uint32_t integrad_four_hits(struct integrad_hits *hits, size_t i,
                                          const int32_t *delta, const int32_t *places,
                                          uint32_t count, const struct integrad_shape *shape) {
    const mve_pred16_t p = vctp32q(count);
    const int32x4_t d = vldrwq_z_s32(delta, p), place = vldrwq_z_s32(places, p);
    const int32x4_t row = vshrq_n_s32(place, 16), column = vandq_s32(place, vdupq_n_s32(0xFFFF));
    const int32x4_t top =
        vsubq_n_s32(vmulq_n_s32(row, shape->stride_height), shape->padding_height);
    const int32x4_t left =
        vsubq_n_s32(vmulq_n_s32(column, shape->stride_width), shape->padding_width);
    const int32x4_t offset = vmlaq_n_s32(left, top, shape->in_width);
    vstrhq_u32(hits->top + i, vreinterpretq_u32_s32(top));
    vstrhq_u32(hits->left + i, vreinterpretq_u32_s32(left));
    vstrhq_u32(hits->offset + i, vreinterpretq_u32_s32(offset));
    vstrhq_s32(hits->error + i, d);
    return vmaxavq_s32(0, d);
}

/*
 * Adds the contribution of one sample to the gradient of the weights of one channel: the sum over
 * `count` positions of error times inputs. places: the positions, or 0 for all positions in order.
 * Sixteen errors at a time meet their inputs of one cell of the kernel after the other.
 */
INTEGRAD_KERNEL void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                         const int32_t *places, size_t count,
                                         const struct integrad_shape *shape) {
    struct integrad_hits hits;
    int row = 0, column = 0;
    hits.columns = shape->kernel_width;
    hits.channels = shape->in_channels;
    hits.cells = 4 * shape->kernel_height * shape->kernel_width;
    hits.plane = shape->in_height * shape->in_width;
    hits.in_width = shape->in_width;
    hits.in_height = shape->in_height;
    hits.lines = shape->kernel_height;
    for (size_t k = 0; k < count; k += INTEGRAD_HITS) {
        const size_t chunk = count - k < INTEGRAD_HITS ? count - k : (size_t)INTEGRAD_HITS;
        int32_t ordered[INTEGRAD_HITS];
        for (size_t i = 0; i < chunk && !places; i++) {
            ordered[i] = integrad_place(row, column);
            if (++column == shape->width) {
                column = 0;
                row++;
            }
        }
        const int32_t *const at = places ? places + k : ordered;
        uint32_t largest = hits.plane > 65535 ? UINT32_MAX : 0; /* offsets have 16 bits */
        for (size_t i = 0; i < INTEGRAD_HITS; i += 4) {
            const uint32_t rest = chunk > i ? (uint32_t)(chunk - i) : 0;

            largest |= integrad_four_hits(&hits, i, delta + k + i, at + i, rest, shape);
        }
        if (largest <= 32767) {
            integrad_accumulate_hits(gradient, x, &hits);
            continue;
        }
        for (size_t i = 0; i < chunk; i++) {
            integrad_accumulate_one(gradient, x, delta[k + i], at[i], shape);
        }
    }
}
