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
    const int half = (shift + 1) / 2;
    /*
     * Bits below the point, moved to the top of a word: the upper half of them, which may have one
     * more, is compared with the lower half.
     */
    __asm__ volatile("vdup.32 q4, %[up]\n\t"
                     "vdup.32 q5, %[half]\n\t"
                     "vdup.32 q6, %[rest]\n\t"
                     "vmvn q6, q6\n\t"
                     "vdup.32 q7, %[least]\n\t"
                     "dlstp.32 lr, %[n]\n\t"
                     "1:\n\t"
                     "vldrw.32 q0, [%[gradient]], #16\n\t"
                     "vabs.s32 q1, q0\n\t"
                     "vshl.u32 q2, q1, q4\n\t"
                     "vshl.u32 q1, %[down]\n\t"
                     "vshl.u32 q3, q2, q5\n\t"
                     "vand q2, q2, q6\n\t"
                     "vpt.u32 hi, q2, q3\n\t"
                     "vaddt.i32 q1, q1, %[one]\n\t"
                     "vpt.s32 lt, q0, zr\n\t"
                     "vnegt.s32 q1, q1\n\t"
                     "vldrb.s32 q0, [%[weights]]\n\t"
                     "vsub.i32 q0, q0, q1\n\t"
                     "vmax.s32 q0, q0, q7\n\t"
                     "vneg.s32 q2, q7\n\t"
                     "vmin.s32 q0, q0, q2\n\t"
                     "vstrb.32 q0, [%[weights]], #4\n\t"
                     "letp lr, 1b"
                     : [weights] "+l"(weights), [gradient] "+r"(gradient)
                     : [n] "r"(n), [up] "r"(32 - shift), [down] "r"(-shift), [half] "r"(half),
                       [rest] "r"(((uint32_t)1 << (32 - half)) - 1), [least] "r"(-127), [one] "r"(1)
                     : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "lr", "cc", "memory");
}
