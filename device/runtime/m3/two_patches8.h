/* SPDX-License-Identifier: Apache-2.0 */
/* Zeros in a line of `channels` kernels of 3x3. */
static inline void integrad_empty_line8(int8_t *patch, int channels) {
    for (; channels > 0; channels--, patch += 9) {
        patch[0] = 0;
        patch[1] = 0;
        patch[2] = 0;
    }
}

/*
 * gather8 for the position at row, column and the next one of the row, whose patch is `apart` bytes
 * behind the first one. A byte behind each patch may be written. Words of the map hold both
 * positions of a line of 3x3 kernels, which are stored with a byte too many, from line to line.
 */
__attribute__((noinline)) static void integrad_two_patches8(int8_t *patch, size_t apart,
                                                            const int8_t *x,
                                                            const struct integrad_shape *shape,
                                                            int row, int column) {
    const int width = shape->in_width, last = shape->in_height - 1;
    const int left = column * shape->stride_width - shape->padding_width;
    const int top = row * shape->stride_height - shape->padding_height;
    /* The words begin here, so that they are on the map entirely. */
    const int from = left < 0 ? 0 : left > width - 4 ? width - 4 : left;
    if (shape->kernel_height != 3 || shape->kernel_width != 3 || shape->stride_width != 1 ||
        width < 4 || left < -1 || left > width - 3 || top < -2 || top > last) {
        integrad_gather8(patch, x, shape, row, column);
        integrad_gather8(patch + apart, x, shape, row, column + 1);
        return;
    }
    const uint32_t up = left < from ? 8 : 0, down = left > from ? 8 : 0;
    const int first = top < 0 ? 0 : top, third = top + 2 > last ? last : top + 2;
    const int second = top + 1 < 0 ? 0 : top + 1 > last ? last : top + 1;
    const size_t plane = (size_t)((last + 1) * width);
    int8_t *to = patch, *next = patch + apart;
    const int8_t *from_line = x + first * width + from;
    int channels = shape->in_channels;
    uint32_t a, b, c;
    __asm__ volatile("orrs %[a], %[up], %[down]\n\t"
                     "bne 2f\n\t"
                     "1:\n\t"
                     "ldr %[a], [%[x]]\n\t"
                     "ldr %[b], [%[x], %[second]]\n\t"
                     "ldr %[c], [%[x], %[third]]\n\t"
                     "add %[x], %[x], %[plane]\n\t"
                     "str %[a], [%[to]], #3\n\t"
                     "str %[b], [%[to]], #3\n\t"
                     "str %[c], [%[to]], #3\n\t"
                     "lsr %[a], %[a], #8\n\t"
                     "lsr %[b], %[b], #8\n\t"
                     "lsr %[c], %[c], #8\n\t"
                     "str %[a], [%[next]], #3\n\t"
                     "str %[b], [%[next]], #3\n\t"
                     "str %[c], [%[next]], #3\n\t"
                     "subs %[channels], %[channels], #1\n\t"
                     "bne 1b\n\t"
                     "b 3f\n\t"
                     "2:\n\t"
                     "ldr %[a], [%[x]]\n\t"
                     "ldr %[b], [%[x], %[second]]\n\t"
                     "ldr %[c], [%[x], %[third]]\n\t"
                     "add %[x], %[x], %[plane]\n\t"
                     "lsl %[a], %[a], %[up]\n\t"
                     "lsl %[b], %[b], %[up]\n\t"
                     "lsl %[c], %[c], %[up]\n\t"
                     "lsr %[a], %[a], %[down]\n\t"
                     "lsr %[b], %[b], %[down]\n\t"
                     "lsr %[c], %[c], %[down]\n\t"
                     "str %[a], [%[to]], #3\n\t"
                     "str %[b], [%[to]], #3\n\t"
                     "str %[c], [%[to]], #3\n\t"
                     "lsr %[a], %[a], #8\n\t"
                     "lsr %[b], %[b], #8\n\t"
                     "lsr %[c], %[c], #8\n\t"
                     "str %[a], [%[next]], #3\n\t"
                     "str %[b], [%[next]], #3\n\t"
                     "str %[c], [%[next]], #3\n\t"
                     "subs %[channels], %[channels], #1\n\t"
                     "bne 2b\n\t"
                     "3:"
                     : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [x] "+r"(from_line), [to] "+r"(to),
                       [next] "+r"(next), [channels] "+r"(channels)
                     : [second] "r"((second - first) * width), [third] "r"((third - first) * width),
                       [plane] "r"(plane), [up] "r"(up), [down] "r"(down)
                     : "cc", "memory");
    for (int i = 0; i < 3; i++) {
        if (top + i < 0 || top + i > last) {
            integrad_empty_line8(patch + 3 * i, shape->in_channels);
            integrad_empty_line8(patch + apart + 3 * i, shape->in_channels);
        }
    }
}
