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
    /* vqdmlah makes negative gradients less by 1, so that halves are rounded away from zero. */
    __asm__ volatile("vdup.32 q3, %[limit]\n\t"
                     "vneg.s32 q2, q3\n\t"
                     "dlstp.32 lr, %[n]\n\t"
                     "1:\n\t"
                     "vldrw.32 q0, [%[gradient]], #16\n\t"
                     "vqdmlah.s32 q0, q0, %[one]\n\t"
                     "vrshl.s32 q0, %[down]\n\t"
                     "vldrb.s32 q1, [%[fraction]]\n\t"
                     "vsub.i32 q1, q1, q0\n\t"
                     "vldrb.s32 q0, [%[weights]]\n\t"
                     "vmla.s32 q1, q0, %[base]\n\t"
                     "vmax.s32 q1, q1, q2\n\t"
                     "vmin.s32 q1, q1, q3\n\t"
                     "vstrb.32 q1, [%[fraction]], #4\n\t"
                     "vadd.i32 q1, q1, %[half]\n\t"
                     "vshr.s32 q1, q1, #8\n\t"
                     "vstrb.32 q1, [%[weights]], #4\n\t"
                     "letp lr, 1b"
                     : [weights] "+l"(weights), [fraction] "+l"(fraction), [gradient] "+r"(gradient)
                     : [n] "r"(n), [down] "r"(-shift), [limit] "r"(32512), [one] "r"(1),
                       [base] "r"(256), [half] "r"(128)
                     : "q0", "q1", "q2", "q3", "lr", "cc", "memory");
}
