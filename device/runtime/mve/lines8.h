/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_slots8 for small kernels, whose lines, up to three with up to four inputs each, are read for
 * all slots at once. Vectors have offsets, a line for all slots each. Assembly depends on the
 * order.
 */
struct integrad_lines8 {
    uint8x16_t from, to; /* of inputs and of values, in the first line */
    int from1, from2;    /* from its inputs to those of the second line, from these to the third */
    int to1, to2;        /* the same for values */
    const int8_t *x;     /* the first line that is on the map */
    int8_t *slots;       /* its values */
};
INTEGRAD_ASSERT_OFFSET(lines8, from, 0);
INTEGRAD_ASSERT_OFFSET(lines8, to, 16);
INTEGRAD_ASSERT_OFFSET(lines8, from1, 32);
INTEGRAD_ASSERT_OFFSET(lines8, to1, 40);

/* Whether offsets are below 256. */
static inline int integrad_lines_fit8(const struct integrad_shape *shape, int n) {
    return n <= 80 && shape->kernel_width <= 4 && shape->kernel_height <= 3 &&
           2 * shape->in_width + 3 * shape->stride_width <= 252;
}

/* For the positions of a row. `below` lines of the kernel are on the map, from line `top` on. */
__attribute__((always_inline)) static inline void
integrad_open_lines8(struct integrad_lines8 *lines, int8_t *slots, int n, const int8_t *x,
                     const struct integrad_shape *shape, int top, int below, unsigned same) {
    const int width = shape->in_width, columns = shape->kernel_width;
    lines->x = x + top * width;
    lines->slots = slots;
    lines->from1 = below > 1 ? width : 0;
    lines->to1 = below > 1 ? columns : 0;
    lines->from2 = below > 2 ? width : 0;
    lines->to2 = below > 2 ? columns : 0;
    const uint8x16_t cell = viwdupq_n_u8(0, (uint32_t)columns, 1);
    const uint8x16_t first = vsubq_u8(viwdupq_n_u8(0, (uint32_t)(4 * columns), 1), cell);
    const uint8x16_t slot = vrmulhq_u8(first, vdupq_n_u8((uint8_t)(255 / columns)));
    lines->to = vmlaq_n_u8(cell, slot, (uint8_t)((n + 15) & ~15));
    lines->from = vmlaq_n_u8(cell, vshlq_r_u8(slot, -(int)same), (uint8_t)shape->stride_width);
}

/* column: that of the first position. */
__attribute__((always_inline)) static inline void
integrad_fill_lines8(const struct integrad_lines8 *lines, const struct integrad_shape *shape,
                     int column) {
    const int left = column * shape->stride_width - shape->padding_width;
    const int8_t *input = lines->x + left;
    int8_t *output = lines->slots;
    int start = -left, end = shape->in_width - left; /* of the map, seen from there */
    __asm__ volatile(
        "usat %[start], #8, %[start]\n\t"
        "usat %[end], #8, %[end]\n\t"
        "vldrw.32 q0, [%[lines]]\n\t"
        "vldrw.32 q3, [%[lines], #16]\n\t"
        "vcmp.u8 cs, q0, %[end]\n\t"
        "vpnot\n\t"
        "vpst\n\t"
        "vcmpt.u8 cs, q0, %[start]\n\t"
        "ldrd %[start], %[end], [%[lines], #32]\n\t"
        "vadd.i8 q1, q0, %[start]\n\t"
        "vadd.i8 q2, q1, %[end]\n\t"
        "ldrd %[start], %[end], [%[lines], #40]\n\t"
        "vadd.i8 q4, q3, %[start]\n\t"
        "vadd.i8 q5, q4, %[end]\n\t"
        "dls lr, %[channels]\n\t"
        "1:\n\t"
        "vpstt\n\t"
        "vldrbt.u8 q6, [%[input], q0]\n\t"
        "vldrbt.u8 q7, [%[input], q1]\n\t"
        "vstrb.8 q6, [%[output], q3]\n\t"
        "vstrb.8 q7, [%[output], q4]\n\t"
        "vpst\n\t"
        "vldrbt.u8 q6, [%[input], q2]\n\t"
        "vstrb.8 q6, [%[output], q5]\n\t"
        "add %[input], %[input], %[plane]\n\t"
        "add %[output], %[output], %[cells]\n\t"
        "le lr, 1b"
        : [input] "+r"(input), [output] "+r"(output), [start] "+r"(start), [end] "+r"(end)
        : [lines] "r"(lines), [channels] "r"(shape->in_channels),
          [plane] "r"(shape->in_height * shape->in_width),
          [cells] "r"(shape->kernel_height * shape->kernel_width)
        : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "cc", "memory");
}
