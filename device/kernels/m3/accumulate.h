/* What two positions of a kernel of 3x3, all on the map, add to a gradient: each sum is loaded and
 * stored once for both. one, two: their first inputs, d, e: their errors. */
static void integrad_accumulate9(int32_t *g, const int8_t *one, const int8_t *two, int32_t d,
                                 int32_t e, const struct integrad_shape *shape) {
    const int width = shape->in_width, plane = (shape->in_height - 3) * width;
    for (int c = shape->in_channels; c > 0; c--) {
        const int32_t *const end = g + 9;
        int32_t sum, value;
        __asm__ volatile(
            "1:\n\t"
            "ldr %[sum], [%[g]]\n\t"
            "ldrsb %[value], [%[one]]\n\t"
            "mla %[sum], %[value], %[d], %[sum]\n\t"
            "ldrsb %[value], [%[two]]\n\t"
            "mla %[sum], %[value], %[e], %[sum]\n\t"
            "str %[sum], [%[g]], #4\n\t"
            "ldr %[sum], [%[g]]\n\t"
            "ldrsb %[value], [%[one], #1]\n\t"
            "mla %[sum], %[value], %[d], %[sum]\n\t"
            "ldrsb %[value], [%[two], #1]\n\t"
            "mla %[sum], %[value], %[e], %[sum]\n\t"
            "str %[sum], [%[g]], #4\n\t"
            "ldr %[sum], [%[g]]\n\t"
            "ldrsb %[value], [%[one], #2]\n\t"
            "mla %[sum], %[value], %[d], %[sum]\n\t"
            "ldrsb %[value], [%[two], #2]\n\t"
            "mla %[sum], %[value], %[e], %[sum]\n\t"
            "str %[sum], [%[g]], #4\n\t"
            "add %[one], %[one], %[width]\n\t"
            "add %[two], %[two], %[width]\n\t"
            "cmp %[g], %[end]\n\t"
            "bne 1b"
            : [g] "+r"(g), [one] "+r"(one), [two] "+r"(two), [sum] "=&r"(sum), [value] "=&r"(value)
            : [d] "r"(d), [e] "r"(e), [width] "r"(width), [end] "r"(end)
            : "cc", "memory");
        one += plane;
        two += plane;
    }
}

/* What one position adds to a gradient; most of its lines are two or three inputs long. */
static void integrad_accumulate_one(int32_t *g, const int8_t *x, int32_t d, int top, int left,
                                    const struct integrad_shape *shape) {
    const int in_width = shape->in_width, kernel_width = shape->kernel_width;
    const int first = integrad_window_first(top), start = integrad_window_first(left);
    const int rows = integrad_window_end(top, shape->kernel_height, shape->in_height) - first;
    const int width = integrad_window_end(left, kernel_width, in_width) - start;
    const int plane = (shape->in_height - rows) * in_width;
    const int kernel = (shape->kernel_height - rows) * kernel_width;
    const int8_t *line = x + (top + first) * in_width + left + start;
    g += first * kernel_width + start;
    for (int c = shape->in_channels; c > 0; c--) {
        int count = rows;
        if (width == 3 || width == 2) {
            int32_t sum, value;
            __asm__ volatile("1:\n\t"
                             "ldr %[sum], [%[g]]\n\t"
                             "ldrsb %[value], [%[line]]\n\t"
                             "mla %[sum], %[value], %[d], %[sum]\n\t"
                             "str %[sum], [%[g]], #4\n\t"
                             "ldr %[sum], [%[g]]\n\t"
                             "ldrsb %[value], [%[line], #1]\n\t"
                             "mla %[sum], %[value], %[d], %[sum]\n\t"
                             "str %[sum], [%[g]], #4\n\t"
                             "cmp %[width], #2\n\t"
                             "beq 2f\n\t"
                             "ldr %[sum], [%[g]]\n\t"
                             "ldrsb %[value], [%[line], #2]\n\t"
                             "mla %[sum], %[value], %[d], %[sum]\n\t"
                             "str %[sum], [%[g]], #4\n\t"
                             "2:\n\t"
                             "add %[g], %[g], %[rest], lsl #2\n\t"
                             "add %[line], %[line], %[in_width]\n\t"
                             "subs %[count], %[count], #1\n\t"
                             "bne 1b"
                             : [g] "+r"(g), [line] "+r"(line), [count] "+r"(count),
                               [sum] "=&r"(sum), [value] "=&r"(value)
                             : [d] "r"(d), [width] "r"(width), [rest] "r"(kernel_width - width),
                               [in_width] "r"(in_width)
                             : "cc", "memory");
        }
        for (; count > 0; count--) {
            for (int j = 0; j < width; j++) {
                g[j] += d * line[j];
            }
            g += kernel_width;
            line += in_width;
        }
        g += kernel;
        line += plane;
    }
}

/*
 * Adds one sample's share to the gradient of one channel's weights: over all positions, the error
 * there times the inputs there. Most errors behind a pooled head are 0.
 */
static void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                const struct integrad_shape *shape) {
    const int nine = shape->kernel_width == 3 && shape->kernel_height == 3;
    const int8_t *waiting = 0; /* a position inside, until there is another */
    int32_t error = 0;
    const int32_t *const end = delta + shape->height * shape->width;
    for (const int32_t *at = delta; at != end; at++) {
        if (*at == 0) {
            continue;
        }
        const int position = (int)(at - delta);
        const int row = position / shape->width, column = position - row * shape->width;
        const int top = row * shape->stride_height - shape->padding_height;
        const int left = column * shape->stride_width - shape->padding_width;
        const int8_t *const from = x + top * shape->in_width + left;
        const int inside =
            top >= 0 && top + 3 <= shape->in_height && left >= 0 && left + 3 <= shape->in_width;
        if (!nine || !inside) {
            integrad_accumulate_one(gradient, x, *at, top, left, shape);
        } else if (waiting == 0) {
            waiting = from;
            error = *at;
        } else {
            integrad_accumulate9(gradient, waiting, from, error, *at, shape);
            waiting = 0;
        }
    }
    if (waiting != 0) {
        integrad_accumulate9(gradient, waiting, waiting, error, 0, shape);
    }
}
