/*
 * The inputs of two neighbouring positions of a kernel three wide, stride 1, as integrad_gather
 * gives them: they share two of four columns. An outer one that is not on the map is cleared in the
 * end.
 */
static void integrad_gather3(int16_t *patch, size_t pitch, const int8_t *x,
                             const struct integrad_shape *shape, int row, int column) {
    const int height = shape->kernel_height;
    const int top = row * shape->stride_height - shape->padding_height;
    const int left = column - shape->padding_width;
    const int before = left < 0 ? 0 : -1, after = left + 4 > shape->in_width ? 1 : 2;
    const int plane = shape->in_height * shape->in_width;
    const int8_t *line = x + top * shape->in_width + left + 1;
    for (int i = top; i < top + height; i++) {
        int16_t *to = patch, *const end = patch + shape->in_channels * height * 3;
        if (i < 0 || i >= shape->in_height) {
            for (; to != end; to += 3 * height) {
                to[0] = to[1] = to[2] = to[pitch] = to[pitch + 1] = to[pitch + 2] = 0;
            }
        } else {
            const int8_t *from = line;
            int16_t *other = to + pitch;
            int value;
            __asm__ volatile(
                "1:\n\t"
                "ldrsb %[value], [%[from], %[before]]\n\t"
                "strh %[value], [%[to]]\n\t"
                "ldrsb %[value], [%[from]]\n\t"
                "strh %[value], [%[to], #2]\n\t"
                "strh %[value], [%[other]]\n\t"
                "ldrsb %[value], [%[from], #1]\n\t"
                "strh %[value], [%[to], #4]\n\t"
                "strh %[value], [%[other], #2]\n\t"
                "ldrsb %[value], [%[from], %[after]]\n\t"
                "strh %[value], [%[other], #4]\n\t"
                "add %[from], %[from], %[plane]\n\t"
                "add %[to], %[to], %[step]\n\t"
                "add %[other], %[other], %[step]\n\t"
                "cmp %[to], %[end]\n\t"
                "bne 1b"
                : [from] "+r"(from), [to] "+r"(to), [other] "+r"(other), [value] "=&r"(value)
                : [before] "r"(before), [after] "r"(after), [plane] "r"(plane),
                  [step] "r"(6 * height), [end] "r"(end)
                : "cc", "memory");
        }
        line += shape->in_width;
        patch += 3;
    }
    patch -= 3 * height;
    const int n = 3 * height * shape->in_channels;
    for (int i = 0; left < 0 && i < n; i += 3) {
        patch[i] = 0;
    }
    for (int i = 2; after == 1 && i < n; i += 3) {
        patch[(int)pitch + i] = 0;
    }
}

/*
 * s = w * x / scale, saturated, two positions at a time: their inputs lie side by side in patches,
 * 2 x a row of weights, rounded up to even.
 */
static void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                              const struct integrad_shape *shape, int32_t scale, int16_t *patches) {
    const size_t outs = (size_t)shape->channels;
    const size_t n = (size_t)(shape->in_channels * shape->kernel_height * shape->kernel_width);
    const size_t positions = (size_t)(shape->height * shape->width);
    const size_t pitch = n + (n & 1);
    /* The two columns between must lie on the map. */
    const int pairs = shape->kernel_width == 3 && shape->stride_width == 1 &&
                      shape->padding_width <= 1 && shape->in_width >= 2;
    int16_t *patch = patches;
    for (int row = 0; row < shape->height; row++) {
        for (int column = 0; column < shape->width; column++) {
            if (pairs && patch == patches && column + 1 < shape->width) {
                integrad_gather3(patches, pitch, x, shape, row, column++);
                patch += pitch;
            } else {
                integrad_gather(patch, x, shape, row, column);
            }
            if (patch == patches) {
                patch += pitch;
            } else {
                integrad_linear2(s, positions, w, patches, outs, n, scale);
                s += 2;
                patch = patches;
            }
        }
    }
    if (patch != patches) {
        integrad_linear(s, positions, w, patches, outs, n, scale);
    }
}
