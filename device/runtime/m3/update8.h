/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights: gradient / 2^shift, rounded pseudo-stochastically. A negative
 * shift, of which at most 15 counts, multiplies. Weights are saturated to +-127.
 */
INTEGRAD_KERNEL void integrad_update8(int8_t *weights, const int32_t *gradient, size_t n,
                                      int shift) {
    if (shift <= 0) {
        integrad_multiply8(weights, gradient, n, shift);
    }
    if (shift <= 0 || shift > 30 || n == 0) {
        return;
    }
    /*
     * Bits below the point, moved to the top of a word: the upper half of them, which may have one
     * more, is compared with the lower half, and sbc subtracts the outcome along.
     */
    const int half = (shift + 1) / 2;
    int32_t value, weight, upper, lower;
    __asm__ volatile("1:\n\t"
                     "ldr %[value], [%[gradient]], #4\n\t"
                     "ldrsb %[weight], [%[weights]], #1\n\t"
                     "cmp %[value], #0\n\t"
                     "beq 4f\n\t"
                     "bmi 2f\n\t"
                     "lsl %[upper], %[value], %[up]\n\t"
                     "lsr %[value], %[value], %[shift]\n\t"
                     "lsl %[lower], %[upper], %[half]\n\t"
                     "bic %[upper], %[upper], %[rest]\n\t"
                     "cmp %[lower], %[upper]\n\t"
                     "sbc %[weight], %[weight], %[value]\n\t"
                     "cmn %[weight], #127\n\t"
                     "it lt\n\t"
                     "mvnlt %[weight], #126\n\t"
                     "b 3f\n\t"
                     "2:\n\t"
                     "rsb %[value], %[value], #0\n\t"
                     "lsl %[upper], %[value], %[up]\n\t"
                     "lsr %[value], %[value], %[shift]\n\t"
                     "lsl %[lower], %[upper], %[half]\n\t"
                     "bic %[upper], %[upper], %[rest]\n\t"
                     "cmp %[lower], %[upper]\n\t"
                     "rsb %[weight], %[weight], #0\n\t"
                     "sbc %[weight], %[weight], %[value]\n\t"
                     "cmn %[weight], #127\n\t"
                     "it lt\n\t"
                     "mvnlt %[weight], #126\n\t"
                     "rsb %[weight], %[weight], #0\n\t"
                     "3:\n\t"
                     "strb %[weight], [%[weights], #-1]\n\t"
                     "4:\n\t"
                     "cmp %[gradient], %[end]\n\t"
                     "bne 1b"
                     : [value] "=&r"(value), [weight] "=&r"(weight), [upper] "=&r"(upper),
                       [lower] "=&r"(lower), [weights] "+r"(weights), [gradient] "+r"(gradient)
                     : [end] "r"(gradient + n), [up] "r"(32 - shift), [shift] "r"(shift),
                       [half] "r"(half), [rest] "r"(((uint32_t)1 << (32 - half)) - 1)
                     : "cc", "memory");
}
