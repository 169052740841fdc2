/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subtracts gradients from n weights of 16 bits, 256 * weights + fraction: gradient / 2^shift,
 * rounded to the nearest. A negative shift, of which at most 15 counts, multiplies. The results are
 * saturated to +-32512, and split so that the fraction is between -128 and 127.
 */
INTEGRAD_KERNEL void integrad_update_master(int8_t *weights, int8_t *fraction,
                                            const int32_t *gradient, size_t n, int shift) {
    if (shift <= 0) {
        integrad_multiply_master(weights, fraction, gradient, n, shift);
    }
    if (shift <= 0 || shift > 30 || n == 0) {
        return;
    }
    int32_t value, weight, low;
    __asm__ volatile("1:\n\t"
                     "ldr %[value], [%[gradient]], #4\n\t"
                     "ldrsb %[weight], [%[weights]]\n\t"
                     "add %[value], %[value], %[value], asr #31\n\t"
                     "ldrsb %[low], [%[fraction]]\n\t"
                     "asrs %[value], %[value], %[shift]\n\t"
                     "adc %[value], %[value], #0\n\t"
                     "add %[low], %[low], %[weight], lsl #8\n\t"
                     "sub %[value], %[low], %[value]\n\t"
                     "add %[weight], %[value], #32512\n\t"
                     "cmp %[weight], #65024\n\t"
                     "bhi 3f\n\t"
                     "2:\n\t"
                     "add %[weight], %[value], #128\n\t"
                     "asr %[weight], %[weight], #8\n\t"
                     "strb %[value], [%[fraction]], #1\n\t"
                     "strb %[weight], [%[weights]], #1\n\t"
                     "cmp %[gradient], %[end]\n\t"
                     "bne 1b\n\t"
                     "b 4f\n\t"
                     "3:\n\t"
                     "asrs %[value], %[value], #31\n\t"
                     "eor %[value], %[value], #32512\n\t"
                     "it mi\n\t"
                     "addmi %[value], %[value], #1\n\t"
                     "b 2b\n\t"
                     "4:"
                     : [value] "=&r"(value), [weight] "=&r"(weight), [low] "=&r"(low),
                       [weights] "+r"(weights), [fraction] "+r"(fraction), [gradient] "+r"(gradient)
                     : [end] "r"(gradient + n), [shift] "r"(shift)
                     : "cc", "memory");
}
