/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer SGD of a weight after decay. A step of 18 bits saturates any weight. Always inline, even
 * when optimising for size, because it is executed for every weight.
 */
__attribute__((always_inline)) static inline void integrad_step_at(int16_t *w, int32_t gradient,
                                                                   int32_t divisor, int32_t limit) {
    int32_t step = gradient / divisor;
    if (step != 0) {
        __asm__("ssat %0, #18, %0" : "+r"(step));
        *w = (int16_t)integrad_clip(*w - step, limit);
    }
}

/*
 * Update a row of n weights, from index `first` on, four at a time: the gradient of w[i] is the sum
 * over b of delta[b] * x[b][i]. x: count x n. Not inline, because the loop needs all registers.
 */
__attribute__((noinline)) INTEGRAD_KERNEL void
integrad_learn_row(int16_t *w, size_t first, size_t n, const int32_t *delta, const int8_t *x,
                   size_t count, const struct integrad_descent *descent) {
    const int32_t divisor = descent->divisor, limit = descent->limit;
    const int32_t *const end = delta + count;
    size_t i = first;
    if (descent->decay_inv > 0) {
        integrad_decay(w + first, n - first, descent->decay_inv);
    }
    for (; i + 4 <= n; i += 4) {
        /* Named, so that compilers find registers for the others at every level of optimisation. */
        register int32_t g0 __asm__("r4") = 0;
        register int32_t g1 __asm__("r5") = 0;
        register int32_t g2 __asm__("r8") = 0;
        register int32_t g3 __asm__("r10") = 0;
        int32_t error, value;
        const int32_t *from = delta;
        const int8_t *at = x + i;
        __asm__ volatile(
            "sub %[error], %[end], %[from]\n\t"
            "tst %[error], #4\n\t" /* an odd number of samples */
            "bne 2f\n\t"
            "1:\n\t"
            "ldr %[error], [%[from]], #4\n\t"
            "ldrsb %[value], [%[at], #1]\n\t"
            "mla %[g1], %[error], %[value], %[g1]\n\t"
            "ldrsb %[value], [%[at], #2]\n\t"
            "mla %[g2], %[error], %[value], %[g2]\n\t"
            "ldrsb %[value], [%[at], #3]\n\t"
            "mla %[g3], %[error], %[value], %[g3]\n\t"
            "ldrsb %[value], [%[at]]\n\t"
            "mla %[g0], %[error], %[value], %[g0]\n\t"
            "add %[at], %[at], %[n]\n\t"
            "2:\n\t"
            "ldr %[error], [%[from]], #4\n\t"
            "ldrsb %[value], [%[at], #1]\n\t"
            "mla %[g1], %[error], %[value], %[g1]\n\t"
            "ldrsb %[value], [%[at], #2]\n\t"
            "mla %[g2], %[error], %[value], %[g2]\n\t"
            "ldrsb %[value], [%[at], #3]\n\t"
            "mla %[g3], %[error], %[value], %[g3]\n\t"
            "ldrsb %[value], [%[at]]\n\t"
            "mla %[g0], %[error], %[value], %[g0]\n\t"
            "add %[at], %[at], %[n]\n\t"
            "cmp %[from], %[end]\n\t"
            "bne 1b"
            : [g0] "+r"(g0), [g1] "+r"(g1), [g2] "+r"(g2), [g3] "+r"(g3), [from] "+r"(from),
              [at] "+r"(at), [error] "=&r"(error), [value] "=&r"(value)
            : [n] "r"(n), [end] "r"(end)
            : "cc", "memory");
        integrad_step_at(w + i, g0, divisor, limit);
        integrad_step_at(w + i + 1, g1, divisor, limit);
        integrad_step_at(w + i + 2, g2, divisor, limit);
        integrad_step_at(w + i + 3, g3, divisor, limit);
    }
    for (; i < n; i++) {
        int32_t gradient = 0;
        for (size_t b = 0; b < count; b++) {
            gradient += delta[b] * x[b * n + i];
        }
        integrad_step_at(w + i, gradient, divisor, limit);
    }
}
