/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of pairs of samples side by side in 16 bits: for each four inputs and each pair of samples
 * b, b + 1 the words (x[b][i], x[b + 1][i]) of i to i + 3. x: samples n apart; inputs: a multiple
 * of
 * 4. A last single sample is paired with zeros. */
static void integrad_pair_samples(int16_t *tile, const int8_t *x, size_t inputs, size_t n,
                                  size_t count) {
    for (const int8_t *const end = x + inputs; x != end; x += 4) {
        const int8_t *sample = x, *const last = x + (count & ~(size_t)1) * n;
        uint32_t even, odd, other_even, other_odd;
        __asm__ volatile(
            "cmp %[sample], %[last]\n\t"
            "beq 2f\n\t"
            "1:\n\t"
            "ldr %[odd], [%[sample]]\n\t"
            "ldr %[other_odd], [%[sample], %[n]]\n\t"
            "sxtb16 %[even], %[odd]\n\t"
            "sxtb16 %[odd], %[odd], ror #8\n\t"
            "sxtb16 %[other_even], %[other_odd]\n\t"
            "sxtb16 %[other_odd], %[other_odd], ror #8\n\t"
            "str %[even], [%[tile]], #16\n\t"
            "strh %[other_even], [%[tile], #-14]\n\t"
            "pkhtb %[even], %[other_even], %[even], asr #16\n\t"
            "str %[even], [%[tile], #-8]\n\t"
            "pkhbt %[even], %[odd], %[other_odd], lsl #16\n\t"
            "str %[even], [%[tile], #-12]\n\t"
            "pkhtb %[odd], %[other_odd], %[odd], asr #16\n\t"
            "str %[odd], [%[tile], #-4]\n\t"
            "add %[sample], %[sample], %[n], lsl #1\n\t"
            "cmp %[sample], %[last]\n\t"
            "bne 1b\n\t"
            "2:"
            : [tile] "+r"(tile), [sample] "+r"(sample), [even] "=&r"(even), [odd] "=&r"(odd),
              [other_even] "=&r"(other_even), [other_odd] "=&r"(other_odd)
            : [n] "r"(n), [last] "r"(last)
            : "cc", "memory");
        if (count & 1) {
            for (size_t i = 0; i < 4; i++) {
                *tile++ = sample[i];
                *tile++ = 0;
            }
        }
    }
}

/* Errors of two rows, two samples in a word and a word of each row in turn, in their place. */
static void integrad_pair_errors(int32_t *delta, size_t count) {
    int32_t *to = delta;
    for (size_t b = 0; b < count; b += 2) {
        for (size_t row = 0; row < 2 * count; row += count) {
            const int32_t *const two = delta + row + b;
            const uint32_t high = b + 1 == count ? 0 : (uint32_t)two[1];
            *to++ = (int32_t)(((uint32_t)two[0] & 0xFFFFu) | high << 16);
        }
    }
}

static int integrad_fits_16_bits(const int32_t *delta, size_t count) {
    uint32_t any = 0;
    for (; count > 0; count--) {
        any |= (uint32_t)*delta++ + 0x8000u;
    }
    return any < 0x10000u;
}

/* Two rows of weights learn from a tile of inputs. The order of the members is known to
 * integrad_learn_tile. */
struct integrad_tile_pass {
    int16_t *w;         /* first row */
    size_t row_bytes;   /* from there to the second */
    const int16_t *end; /* of the first row's weights in the tile, a multiple of four */
    int32_t divisor;
    int32_t limit;
    const int32_t *errors; /* of two samples in a word, a word of each row in turn */
    const int32_t *errors_end;
    size_t odd; /* number of those pairs of samples, modulo 2 */
};
INTEGRAD_ASSERT_OFFSET(tile_pass, w, 0);
INTEGRAD_ASSERT_OFFSET(tile_pass, row_bytes, 4);
INTEGRAD_ASSERT_OFFSET(tile_pass, end, 8);
INTEGRAD_ASSERT_OFFSET(tile_pass, divisor, 12);
INTEGRAD_ASSERT_OFFSET(tile_pass, limit, 16);
INTEGRAD_ASSERT_OFFSET(tile_pass, errors, 20);
INTEGRAD_ASSERT_OFFSET(tile_pass, errors_end, 24);
INTEGRAD_ASSERT_OFFSET(tile_pass, odd, 28);

/*
 * Gradients of four weights of both rows, and what they change, until the end of the tile.
 * Registers: r0 tile, r1 and r2 errors and their end, r3 inputs of two samples, r12 lr errors,
 * r4 to r7 gradients of the first row, r8 to r11 of the second.
 */
__attribute__((naked, noinline)) static void
integrad_learn_tile(__attribute__((unused)) const int16_t *tile,
                    __attribute__((unused)) struct integrad_tile_pass *pass) {
    __asm__ volatile("push {r1, r4-r11, lr}\n\t"
                     "1:\n\t"
                     "ldr r2, [sp]\n\t"
                     "mov r4, #0\n\t"
                     "mov r5, #0\n\t"
                     "mov r6, #0\n\t"
                     "mov r7, #0\n\t"
                     "mov r8, #0\n\t"
                     "mov r9, #0\n\t"
                     "mov r10, #0\n\t"
                     "mov r11, #0\n\t"
                     "ldr r3, [r2, #28]\n\t"
                     "ldr r1, [r2, #20]\n\t"
                     "ldr r2, [r2, #24]\n\t"
                     "cbnz r3, 3f\n\t"
                     "2:\n\t"
                     "ldr r12, [r1], #4\n\t"
                     "ldr lr, [r1], #4\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r4, r12, r3, r4\n\t"
                     "smlad r8, lr, r3, r8\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r5, r12, r3, r5\n\t"
                     "smlad r9, lr, r3, r9\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r6, r12, r3, r6\n\t"
                     "smlad r10, lr, r3, r10\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r7, r12, r3, r7\n\t"
                     "smlad r11, lr, r3, r11\n\t"
                     "3:\n\t"
                     "ldr r12, [r1], #4\n\t"
                     "ldr lr, [r1], #4\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r4, r12, r3, r4\n\t"
                     "smlad r8, lr, r3, r8\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r5, r12, r3, r5\n\t"
                     "smlad r9, lr, r3, r9\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r6, r12, r3, r6\n\t"
                     "smlad r10, lr, r3, r10\n\t"
                     "ldr r3, [r0], #4\n\t"
                     "smlad r7, r12, r3, r7\n\t"
                     "smlad r11, lr, r3, r11\n\t"
                     "cmp r1, r2\n\t"
                     "bne 2b\n\t"
                     "ldr r2, [sp]\n\t"
                     "ldr r1, [r2]\n\t"
                     "ldr r12, [r2, #12]\n\t"
                     "ldr lr, [r2, #16]\n\t"
                     ".irp g, r4, r5, r6, r7\n\t"
                     "sdiv \\g, \\g, r12\n\t"
                     "cmp \\g, #0\n\t"
                     "beq 5f\n\t"
                     "ldrsh r3, [r1]\n\t"
                     "ssat \\g, #18, \\g\n\t"
                     "sub r3, r3, \\g\n\t"
                     "cmp r3, lr\n\t"
                     "it gt\n\t"
                     "movgt r3, lr\n\t"
                     "cmn r3, lr\n\t"
                     "it lt\n\t"
                     "rsblt r3, lr, #0\n\t"
                     "strh r3, [r1]\n\t"
                     "5:\n\t"
                     "add r1, r1, #2\n\t"
                     ".endr\n\t"
                     "ldr r2, [sp]\n\t"
                     "ldr r3, [r2, #4]\n\t"
                     "add r1, r1, r3\n\t"
                     "sub r1, r1, #8\n\t"
                     ".irp g, r8, r9, r10, r11\n\t"
                     "sdiv \\g, \\g, r12\n\t"
                     "cmp \\g, #0\n\t"
                     "beq 5f\n\t"
                     "ldrsh r3, [r1]\n\t"
                     "ssat \\g, #18, \\g\n\t"
                     "sub r3, r3, \\g\n\t"
                     "cmp r3, lr\n\t"
                     "it gt\n\t"
                     "movgt r3, lr\n\t"
                     "cmn r3, lr\n\t"
                     "it lt\n\t"
                     "rsblt r3, lr, #0\n\t"
                     "strh r3, [r1]\n\t"
                     "5:\n\t"
                     "add r1, r1, #2\n\t"
                     ".endr\n\t"
                     "ldr r2, [sp]\n\t"
                     "ldr r1, [r2]\n\t"
                     "ldr r3, [r2, #8]\n\t"
                     "add r1, r1, #8\n\t"
                     "str r1, [r2]\n\t"
                     "cmp r1, r3\n\t"
                     "bne 1b\n\t"
                     "pop {r1, r4-r11, pc}");
}

/*
 * Update rows of weights: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i]. Two
 * rows whose errors fit 16 bits learn together, two samples at a time, from tiles of inputs that
 * are brought into that order once for all rows. w: rows x n, delta: rows x count, x: count x n.
 * delta and work are overwritten.
 */
INTEGRAD_KERNEL void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                         const int8_t *x, size_t count,
                                         const struct integrad_descent *descent, int16_t *work,
                                         size_t work_values) {
    const size_t fours = n & ~(size_t)3, pairs = (count + 1) / 2;
    const size_t width = work_values / (8 * pairs) * 4;
    uint32_t together = 0; /* bit r: rows r and r + 1 */
    for (size_t r = 0; r < rows; r++) {
        int32_t *const d = delta + r * count;
        int16_t *const row = w + r * n;
        if (r + 1 < rows && integrad_fits_16_bits(d, 2 * count)) {
            together |= 1u << r++;
            integrad_learn_row(row, fours, n, d, x, count, descent);
            integrad_learn_row(row + n, fours, n, d + count, x, count, descent);
            integrad_pair_errors(d, count);
            if (descent->decay_inv > 0) {
                integrad_decay(row, fours, descent->decay_inv);
                integrad_decay(row + n, fours, descent->decay_inv);
            }
        } else {
            integrad_learn_row(row, 0, n, d, x, count, descent);
        }
    }
    struct integrad_tile_pass pass;
    pass.row_bytes = 2 * n;
    pass.divisor = descent->divisor;
    pass.limit = descent->limit;
    pass.odd = pairs & 1;
    for (size_t first = 0; together != 0 && first < fours; first += width) {
        const size_t inputs = fours - first < width ? fours - first : width;
        integrad_pair_samples(work, x + first, inputs, n, count);
        for (size_t r = 0; r < rows; r++) {
            if (together >> r & 1) {
                pass.w = w + r * n + first;
                pass.end = pass.w + inputs;
                pass.errors = delta + r * count;
                pass.errors_end = pass.errors + 2 * pairs;
                integrad_learn_tile(work, &pass);
            }
        }
    }
}
