/* SPDX-License-Identifier: Apache-2.0 */
/* w - w / decay_inv, for count weights, four at a time. */
INTEGRAD_KERNEL void integrad_decay(int16_t *w, size_t count, int32_t decay_inv) {
    if (decay_inv > 32767) {
        return;
    }
    if (decay_inv == 1) {
        for (size_t i = 0; i < count; i++) {
            w[i] = 0;
        }
        return;
    }
    /* The doubled product's upper half is rounded down: it lacks 1 below zero. */
    const int32x4_t factor = vdupq_n_s32((int32_t)(((uint32_t)1 << 31) / (uint32_t)decay_inv) + 1);
    __asm__ volatile("wlstp.32 lr, %[count], 2f\n\t"
                     "1:\n\t"
                     "vldrh.s32 q0, [%[w]]\n\t"
                     "vqdmulh.s32 q1, q0, %q[factor]\n\t"
                     "vsub.i32 q0, q0, q1\n\t"
                     "vshr.u32 q1, q1, #31\n\t"
                     "vsub.i32 q0, q0, q1\n\t"
                     "vstrh.32 q0, [%[w]], #8\n\t"
                     "letp lr, 1b\n\t"
                     "2:"
                     : [w] "+&l"(w)
                     : [count] "r"(count), [factor] "w"(factor)
                     : "q0", "q1", "lr", "memory");
}
