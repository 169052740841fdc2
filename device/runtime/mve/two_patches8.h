/* SPDX-License-Identifier: Apache-2.0 */
/* Bits for which of three cells are on a map of `size`, the first one is at `origin`. */
static inline uint32_t integrad_cells8(int origin, int size) {
    uint32_t cells = origin >= 0 ? 7 : origin > -3 ? 7u << -origin : 0;
    if (origin + 3 > size) {
        cells &= size > origin ? 7u >> (origin + 3 - size) : 0;
    }
    return cells & 7;
}

/*
 * gather8 for the position at row, column and the next one of the row, whose patch is `apart` bytes
 * behind the first one. Seven bytes behind each patch may be written: a 3x3 kernel has nine lanes
 * of a vector.
 */
__attribute__((noinline)) static void integrad_two_patches8(int8_t *patch, size_t apart,
                                                            const int8_t *x,
                                                            const struct integrad_shape *shape,
                                                            int row, int column) {
    const int width = shape->in_width, height = shape->in_height;
    if (shape->kernel_height != 3 || shape->kernel_width != 3 || width > 126) {
        integrad_gather8(patch, x, shape, row, column);
        integrad_gather8(patch + apart, x, shape, row, column + 1);
        return;
    }
    const int stride = shape->stride_width;
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column * stride - shape->padding_width;
    /* Lanes that are on the map: bits of lines, three times each, and of columns, in three lines.
     */
    const uint32_t lines = integrad_cells8(top, height);
    const uint32_t there = ((lines | lines << 2 | lines << 4) & 0x49) * 7;
    const uint32_t now = there & integrad_cells8(left, width) * 0x49;
    const uint32_t then = there & integrad_cells8(left + stride, width) * 0x49;
    const uint8x16_t lane = vidupq_n_u8(0, 1);
    const uint8x16_t line = vshrq_n_u8(vmulq_n_u8(lane, 11), 5);
    const uint8x16_t offset = vmlaq_n_u8(lane, line, (uint8_t)(width - 3));
    x += top * width + left;
    const int8_t *second = x + stride;
    int8_t *next = patch + apart;
    __asm__ volatile("dls lr, %[channels]\n\t"
                     "1:\n\t"
                     "vmsr p0, %[now]\n\t"
                     "vpst\n\t"
                     "vldrbt.u8 q1, [%[x], %q[offset]]\n\t"
                     "vstrb.8 q1, [%[patch]], #9\n\t"
                     "vmsr p0, %[then]\n\t"
                     "vpst\n\t"
                     "vldrbt.u8 q1, [%[second], %q[offset]]\n\t"
                     "vstrb.8 q1, [%[next]], #9\n\t"
                     "add %[x], %[x], %[plane]\n\t"
                     "add %[second], %[second], %[plane]\n\t"
                     "le lr, 1b"
                     : [x] "+r"(x), [second] "+r"(second), [patch] "+r"(patch), [next] "+r"(next)
                     : [channels] "r"(shape->in_channels), [plane] "r"(height * width),
                       [now] "r"(now), [then] "r"(then), [offset] "w"(offset)
                     : "q1", "lr", "cc", "memory");
}
