/* SPDX-License-Identifier: Apache-2.0 */
#include "step.h"

/* The largest magnitude of a row of errors. */
static uint32_t integrad_largest(const int32_t *delta, size_t count) {
    uint32_t largest = 0;
    __asm__ volatile("dlstp.32 lr, %[count]\n\t"
                     "1:\n\t"
                     "vldrw.u32 q0, [%[delta]], #16\n\t"
                     "vmaxav.s32 %[largest], q0\n\t"
                     "letp lr, 1b"
                     : [largest] "+&r"(largest), [delta] "+&r"(delta)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
    return largest;
}

/* Errors of a row, in 16 bits. */
static void integrad_narrow_errors(int16_t *errors, const int32_t *delta, size_t count) {
    __asm__ volatile("dlstp.32 lr, %[count]\n\t"
                     "1:\n\t"
                     "vldrw.u32 q0, [%[delta]], #16\n\t"
                     "vstrh.32 q0, [%[errors]], #8\n\t"
                     "letp lr, 1b"
                     : [errors] "+&l"(errors), [delta] "+&r"(delta)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
}

/* Errors of a row, four at a time, interleaved with space for four errors of another row. */
static void integrad_spread_errors(int32_t *errors, const int32_t *delta, size_t count) {
    __asm__ volatile("dlstp.32 lr, %[count]\n\t"
                     "1:\n\t"
                     "vldrw.u32 q0, [%[delta]], #16\n\t"
                     "vstrw.32 q0, [%[errors]], #32\n\t"
                     "letp lr, 1b"
                     : [errors] "+&r"(errors), [delta] "+&r"(delta)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
}

static void integrad_learn_fours(const struct integrad_two_rows *rows) {
    if (rows->passes == 0) {
        integrad_learn_narrow(rows);
    } else {
        integrad_learn_wide(rows);
    }
}

/* Update a row with divisor 1, which has no reciprocal. */
static void integrad_learn_by_1(int16_t *w, size_t n, const int32_t *delta, const int8_t *x,
                                size_t count, int32_t limit) {
    for (size_t i = 0; i < n; i++) {
        int32_t gradient = 0;
        for (size_t b = 0; b < count; b++) {
            gradient += delta[b] * x[b * n + i];
        }
        w[i] = integrad_step(w[i], gradient, 1, limit);
    }
}

/* Update two rows of n weights. The last one to three weights of each are updated in a copy. */
static void integrad_learn_two(struct integrad_two_rows *rows, int16_t *first, int16_t *second,
                               size_t n, const int8_t *x) {
    const size_t fours = n & ~(size_t)3;
    int16_t copy[8];
    for (size_t k = 0; k < 4; k++) {
        rows->x[k] = x + k;
    }
    rows->w[0] = first;
    rows->w[1] = second;
    rows->end = first + fours;
    if (fours > 0) {
        integrad_learn_fours(rows);
    }
    if (fours < n) {
        for (size_t k = 0; k < 4; k++) {
            const size_t i = fours + k < n ? fours + k : n - 1;
            rows->x[k] = x + i;
            copy[k] = first[i];
            copy[4 + k] = second[i];
        }
        rows->w[0] = copy;
        rows->w[1] = copy + 4;
        rows->end = copy + 4;
        integrad_learn_fours(rows);
        for (size_t i = fours; i < n; i++) {
            first[i] = copy[i - fours];
            second[i] = copy[4 + i - fours];
        }
    }
}

/* Update rows from up to 16 samples whose errors fit in 16 bits. rows: bit r is row r. */
static void integrad_learn_narrow_rows(uint32_t rows, int16_t *w, size_t n, const int32_t *delta,
                                       const int8_t *x, size_t count,
                                       const struct integrad_descent *descent, int16_t *errors) {
    const struct integrad_reciprocal divisor = integrad_reciprocal(descent->divisor, 31);
    uint16_t offsets[16];
    struct integrad_two_rows two;
    two.factor = divisor.factor;
    two.shift = divisor.shift;
    two.limit = descent->limit;
    two.errors = errors;
    two.offsets = offsets;
    two.passes = 0;
    const uint16x8_t last = vdupq_n_u16((uint16_t)(count - 1));
    for (size_t b = 0; b < 16; b += 8) {
        const uint16x8_t samples = vminq_u16(vidupq_n_u16((uint32_t)b, 1), last);
        vstrhq_u16(offsets + b, vmulq_n_u16(samples, (uint16_t)n));
        vstrhq_s16(errors + b, vdupq_n_s16(0));
        vstrhq_s16(errors + 16 + b, vdupq_n_s16(0));
    }
    while (rows != 0) {
        const size_t first = (size_t)__builtin_ctz(rows);
        rows &= rows - 1;
        const size_t second = rows != 0 ? (size_t)__builtin_ctz(rows) : first;
        rows &= rows - 1;
        integrad_narrow_errors(errors, delta + first * count, count);
        integrad_narrow_errors(errors + 16, delta + second * count, count);
        integrad_learn_two(&two, w + first * n, w + second * n, n, x);
    }
}

/* The same for any errors and any number of samples. */
static void integrad_learn_wide_rows(uint32_t rows, int16_t *w, size_t n, const int32_t *delta,
                                     const int8_t *x, size_t count,
                                     const struct integrad_descent *descent, int32_t *errors) {
    const struct integrad_reciprocal divisor = integrad_reciprocal(descent->divisor, 32);
    uint32_t offsets[12];
    struct integrad_two_rows two;
    two.factor = divisor.factor;
    two.shift = divisor.shift;
    two.limit = descent->limit;
    two.errors = errors;
    two.offsets = offsets;
    two.passes = (count + 7) / 8;
    const uint32x4_t last = vdupq_n_u32((uint32_t)(count - 1));
    vstrwq_u32(offsets, vmulq_n_u32(vminq_u32(vidupq_n_u32(0, 1), last), (uint32_t)n));
    vstrwq_u32(offsets + 4, vdupq_n_u32((uint32_t)(4 * n)));
    vstrwq_u32(offsets + 8, vdupq_n_u32((uint32_t)((count - 1) * n)));
    for (size_t i = 0; i < 16; i += 4) {
        vstrwq_s32(errors + 16 * (two.passes - 1) + i, vdupq_n_s32(0));
    }
    while (rows != 0) {
        const size_t first = (size_t)__builtin_ctz(rows);
        rows &= rows - 1;
        const size_t second = rows != 0 ? (size_t)__builtin_ctz(rows) : first;
        rows &= rows - 1;
        integrad_spread_errors(errors, delta + first * count, count);
        integrad_spread_errors(errors + 4, delta + second * count, count);
        integrad_learn_two(&two, w + first * n, w + second * n, n, x);
    }
}

/*
 * Update rows of weights: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i]. w:
 * rows x n, delta: rows x count, x: count x n. work: errors of two rows.
 */
INTEGRAD_KERNEL void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                         const int8_t *x, size_t count,
                                         const struct integrad_descent *descent, int16_t *work,
                                         size_t work_values) {
    (void)work_values;
    if (descent->decay_inv > 0) {
        integrad_decay(w, rows * n, descent->decay_inv);
    }
    const int few = count <= 16 && (count - 1) * n <= 65535 && descent->divisor > 2;
    uint32_t narrow = 0, wide = 0;
    for (size_t r = 0; r < rows; r++) {
        const uint32_t row = (uint32_t)1 << r;
        if (descent->divisor < 2) {
            integrad_learn_by_1(w + r * n, n, delta + r * count, x, count, descent->limit);
        } else if (few && integrad_largest(delta + r * count, count) <= 32767) {
            narrow |= row;
        } else {
            wide |= row;
        }
    }
    if (narrow != 0) {
        integrad_learn_narrow_rows(narrow, w, n, delta, x, count, descent, work);
    }
    if (wide != 0) {
        /* Vectors and assembly write its 32-bit values; nothing else reads them. */
        integrad_learn_wide_rows(wide, w, n, delta, x, count, descent, (int32_t *)(void *)work);
    }
}
