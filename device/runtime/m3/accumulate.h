/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error that is not 0 and the address of its inputs. The assembly below depends on the order of
 * the members.
 */
struct integrad_hit {
    const int8_t *from; /* its first one, in the first line that is on the map */
    const struct integrad_hit *next;
    int32_t d[3]; /* for each column of the kernel; 0 where that is off the map */
};
INTEGRAD_ASSERT_OFFSET(hit, from, 0);
INTEGRAD_ASSERT_OFFSET(hit, next, 4);
INTEGRAD_ASSERT_OFFSET(hit, d, 8);

/*
 * Adds the contributions of errors to the gradient of a 3x3 kernel whose lines all lie on the map.
 * Registers: r0 input, r1 error, r2 what it is, r3 width, r4 to r12 sums, lr a value; sp: bytes
 * from the first channel, then g, hits, plane.
 */
__attribute__((naked, noinline)) static void integrad_accumulate_three(
    __attribute__((unused)) int32_t *g, __attribute__((unused)) const struct integrad_hit *hits,
    __attribute__((unused)) size_t plane, __attribute__((unused)) size_t width,
    __attribute__((unused)) size_t channels) {
    __asm__ volatile("push {r0, r1, r2, r4-r11, lr}\n\t"
                     "mov r12, #0\n\t"
                     "push {r12}\n\t"
                     "1:\n\t" /* next channel */
                     "ldr r0, [sp, #4]\n\t"
                     "ldr r1, [sp, #8]\n\t"
                     "ldm r0, {r4-r12}\n\t"
                     "2:\n\t" /* next error */
                     "ldr r0, [r1]\n\t"
                     "ldr lr, [sp]\n\t"
                     "add r0, r0, lr\n\t"
                     "ldr r2, [r1, #8]\n\t"
                     "ldrsb lr, [r0]\n\t"
                     "mla r4, lr, r2, r4\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r7, lr, r2, r7\n\t"
                     "ldrsb lr, [r0, r3, lsl #1]\n\t"
                     "mla r10, lr, r2, r10\n\t"
                     "ldr r2, [r1, #12]\n\t"
                     "ldrsb lr, [r0, #1]!\n\t"
                     "mla r5, lr, r2, r5\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r8, lr, r2, r8\n\t"
                     "ldrsb lr, [r0, r3, lsl #1]\n\t"
                     "mla r11, lr, r2, r11\n\t"
                     "ldr r2, [r1, #16]\n\t"
                     "ldrsb lr, [r0, #1]!\n\t"
                     "mla r6, lr, r2, r6\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r9, lr, r2, r9\n\t"
                     "ldrsb lr, [r0, r3, lsl #1]\n\t"
                     "mla r12, lr, r2, r12\n\t"
                     "ldr r1, [r1, #4]\n\t"
                     "cmp r1, #0\n\t"
                     "bne 2b\n\t"
                     "ldr r0, [sp, #4]\n\t"
                     "stm r0!, {r4-r12}\n\t"
                     "str r0, [sp, #4]\n\t"
                     "ldr r0, [sp]\n\t"
                     "ldr r1, [sp, #12]\n\t"
                     "add r0, r0, r1\n\t"
                     "str r0, [sp]\n\t"
                     "ldr r0, [sp, #52]\n\t"
                     "subs r0, r0, #1\n\t"
                     "str r0, [sp, #52]\n\t"
                     "bne 1b\n\t"
                     "add sp, sp, #16\n\t"
                     "pop {r4-r11, pc}");
}

/* The same for two lines, the first of which g is at. Registers: r10 what the error is, r11 bytes
 * from the first channel, r12 channels left. */
__attribute__((naked, noinline)) static void
integrad_accumulate_two(__attribute__((unused)) int32_t *g,
                        __attribute__((unused)) const struct integrad_hit *hits,
                        __attribute__((unused)) size_t plane, __attribute__((unused)) size_t width,
                        __attribute__((unused)) size_t channels) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "mov r11, #0\n\t"
                     "ldr r12, [sp, #36]\n\t"
                     "1:\n\t" /* next channel */
                     "push {r0, r1}\n\t"
                     "ldm r0, {r4-r9}\n\t"
                     "2:\n\t" /* next error */
                     "ldr r0, [r1]\n\t"
                     "ldr r10, [r1, #8]\n\t"
                     "add r0, r0, r11\n\t"
                     "ldrsb lr, [r0]\n\t"
                     "mla r4, lr, r10, r4\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r7, lr, r10, r7\n\t"
                     "ldr r10, [r1, #12]\n\t"
                     "ldrsb lr, [r0, #1]!\n\t"
                     "mla r5, lr, r10, r5\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r8, lr, r10, r8\n\t"
                     "ldr r10, [r1, #16]\n\t"
                     "ldrsb lr, [r0, #1]!\n\t"
                     "mla r6, lr, r10, r6\n\t"
                     "ldrsb lr, [r0, r3]\n\t"
                     "mla r9, lr, r10, r9\n\t"
                     "ldr r1, [r1, #4]\n\t"
                     "cmp r1, #0\n\t"
                     "bne 2b\n\t"
                     "pop {r0, r1}\n\t"
                     "stm r0, {r4-r9}\n\t"
                     "add r0, r0, #36\n\t"
                     "add r11, r11, r2\n\t"
                     "subs r12, r12, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r11, pc}");
}

/* Adds the contribution of one position to a gradient; most lines have two or three inputs. */
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
 * Adds the contribution of one sample to the gradient of the weights of one channel: the sum over
 * `count` positions of error times inputs. places: the positions, or 0 for all positions in order.
 * Errors at the upper and lower edges of the map are processed last, and corners one by one,
 * because reading a column outside the map there would access memory outside the array.
 */
INTEGRAD_KERNEL void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                         const int32_t *places, size_t count,
                                         const struct integrad_shape *shape) {
    enum { TOGETHER = 16 };
    struct integrad_hit hits[TOGETHER];
    const int in_width = shape->in_width, plane = shape->in_height * in_width;
    const int nine = shape->kernel_width == 3 && shape->kernel_height == 3 &&
                     shape->padding_width <= 1 && shape->padding_height <= 1 &&
                     shape->in_height > 1;
    const size_t channels = (size_t)shape->in_channels;
    for (size_t k = 0; k < count;) {
        const struct integrad_hit *whole = 0, *upper = 0, *lower = 0;
        struct integrad_hit *hit = hits;
        for (; k < count && hit != hits + TOGETHER; k++) {
            const int32_t d = delta[k];
            if (d == 0) {
                continue;
            }
            const int row = places ? integrad_row(places[k]) : (int)k / shape->width;
            const int column = places ? integrad_column(places[k]) : (int)k - row * shape->width;
            const int top = row * shape->stride_height - shape->padding_height;
            const int left = column * shape->stride_width - shape->padding_width;
            const int last = (top + 2 < shape->in_height ? top + 2 : top + 1) * in_width + left + 2;
            const int first = (top < 0 ? 0 : top) * in_width + left;
            if (!nine || first < 0 || last >= plane) {
                integrad_accumulate_one(gradient, x, d, top, left, shape);
                continue;
            }
            const struct integrad_hit **const list = top < 0                      ? &upper
                                                     : top + 2 < shape->in_height ? &whole
                                                                                  : &lower;
            hit->from = x + first;
            hit->d[0] = left < 0 ? 0 : d;
            hit->d[1] = d;
            hit->d[2] = left + 2 < in_width ? d : 0;
            hit->next = *list;
            *list = hit++;
        }
        if (whole) {
            integrad_accumulate_three(gradient, whole, (size_t)plane, (size_t)in_width, channels);
        }
        if (upper) {
            integrad_accumulate_two(gradient + 3, upper, (size_t)plane, (size_t)in_width, channels);
        }
        if (lower) {
            integrad_accumulate_two(gradient, lower, (size_t)plane, (size_t)in_width, channels);
        }
    }
}
