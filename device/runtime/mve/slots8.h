/* SPDX-License-Identifier: Apache-2.0 */
static inline void integrad_clear8(int8_t *bytes, int count) {
    __asm__ volatile("dlstp.8 lr, %[count]\n\t"
                     "1:\n\t"
                     "vstrb.8 %q[zero], [%[bytes]], #16\n\t"
                     "letp lr, 1b"
                     : [bytes] "+r"(bytes)
                     : [count] "r"(count), [zero] "w"(vdupq_n_u8(0))
                     : "lr", "cc", "memory");
}

/*
 * gather8 for four slots, ceil(n / 16) * 16 bytes apart: 2^same of them for the position at row,
 * column, as many for the next one, and so on. Lines beyond the map are left alone. A vector has as
 * many lines of a channel as it can hold, or a part of one.
 */
__attribute__((noinline)) static void integrad_fill_slots8(int8_t *slots, int n, const int8_t *x,
                                                           const struct integrad_shape *shape,
                                                           int row, int column, int same) {
    const int width = shape->in_width, columns = shape->kernel_width;
    const int top = row * shape->stride_height - shape->padding_height;
    const int above = integrad_window_first(top);
    const int below = integrad_window_end(top, shape->kernel_height, shape->in_height);
    const int part = columns < 16 ? columns : 16;
    int lines = 16 / part;
    while (lines > 1 && (lines > below - above || (lines - 1) * width + part > 256)) {
        lines--;
    }
    const uint8x16_t cell = viwdupq_n_u8(0, (uint32_t)part, 1);
    const uint8x16_t first = vsubq_u8(viwdupq_n_u8(0, (uint32_t)(lines * part), 1), cell);
    const uint8x16_t line = vrmulhq_u8(first, vdupq_n_u8((uint8_t)(255 / part)));
    const uint8x16_t from = vmlaq_n_u8(cell, line, (uint8_t)width);
    const uint8x16_t to = vaddq_u8(cell, first);
    for (int s = 0; s < 4 && below > above; s += 1 << same) {
        int8_t *const slot = slots + s * ((n + 15) & ~15);
        const int left =
            (column + (s >> same)) * shape->stride_width - shape->padding_width; /* of the kernel */
        for (int j = 0;; j += 16) {
            j = j < columns - part ? j : columns - part;
            for (int i = above;; i += lines) {
                i = i < below - lines ? i : below - lines;
                const int8_t *input = x + (top + i) * width + left + j;
                int8_t *output = slot + i * columns + j;
                int start = -left - j, end = width - left - j; /* of the map, seen from there */
                __asm__ volatile(
                    "usat %[start], #8, %[start]\n\t"
                    "usat %[end], #8, %[end]\n\t"
                    "vcmp.u8 cs, %q[cell], %[end]\n\t"
                    "vpnot\n\t"
                    "vpst\n\t"
                    "vcmpt.u8 cs, %q[cell], %[start]\n\t"
                    "dls lr, %[channels]\n\t"
                    "1:\n\t"
                    "vpst\n\t"
                    "vldrbt.u8 q0, [%[input], %q[from]]\n\t"
                    "vstrb.8 q0, [%[output], %q[to]]\n\t"
                    "add %[input], %[input], %[plane]\n\t"
                    "add %[output], %[output], %[cells]\n\t"
                    "le lr, 1b"
                    :
                    [input] "+r"(input), [output] "+r"(output), [start] "+r"(start), [end] "+r"(end)
                    : [channels] "r"(shape->in_channels), [plane] "r"(shape->in_height * width),
                      [cells] "r"(shape->kernel_height * columns), [cell] "w"(cell),
                      [from] "w"(from), [to] "w"(to)
                    : "q0", "lr", "cc", "memory");
                if (i == below - lines) {
                    break;
                }
            }
            if (j == columns - part) {
                break;
            }
        }
        for (int copy = 1; copy < 1 << same; copy++) {
            const int8_t *input = slot;
            int8_t *output = slot + copy * ((n + 15) & ~15);
            __asm__ volatile("dlstp.8 lr, %[n]\n\t"
                             "1:\n\t"
                             "vldrb.8 q0, [%[input]], #16\n\t"
                             "vstrb.8 q0, [%[output]], #16\n\t"
                             "letp lr, 1b"
                             : [input] "+r"(input), [output] "+r"(output)
                             : [n] "r"(n)
                             : "q0", "lr", "cc", "memory");
        }
    }
}
