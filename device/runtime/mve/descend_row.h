/* SPDX-License-Identifier: Apache-2.0 */
#include "step.h"

/* Update a row of n weights from its gradient, four at a time. */
INTEGRAD_KERNEL void integrad_descend_row(int16_t *w, const int32_t *gradient, size_t n,
                                          const struct integrad_descent *descent) {
    if (descent->decay_inv > 0) {
        integrad_decay(w, n, descent->decay_inv);
    }
    if (descent->divisor == 1) { /* has no reciprocal */
        for (size_t i = 0; i < n; i++) {
            w[i] = integrad_step(w[i], gradient[i], 1, descent->limit);
        }
        return;
    }
    const struct integrad_reciprocal divisor = integrad_reciprocal(descent->divisor, 32);
    const int32x4_t factor = vdupq_n_s32(divisor.factor), limit = vdupq_n_s32(descent->limit);
    __asm__ volatile("wlstp.32 lr, %[n], 2f\n\t"
                     "1:\n\t"
                     "vldrw.u32 q0, [%[gradient]], #16\n\t"
                     "vldrh.s32 q2, [%[w]]\n\t"
                     "vabs.s32 q1, q0\n\t"
                     "vmulh.u32 q1, q1, %q[factor]\n\t"
                     "vshl.u32 q1, %[shift]\n\t"
                     "vpte.s32 lt, q0, zr\n\t"
                     "vaddt.i32 q2, q2, q1\n\t"
                     "vsube.i32 q2, q2, q1\n\t"
                     "vmin.s32 q2, q2, %q[limit]\n\t"
                     "vmax.s32 q2, q2, %q[least]\n\t"
                     "vstrh.32 q2, [%[w]], #8\n\t"
                     "letp lr, 1b\n\t"
                     "2:"
                     : [w] "+&l"(w), [gradient] "+&r"(gradient)
                     : [n] "r"(n), [shift] "r"(divisor.shift), [factor] "w"(factor),
                       [limit] "w"(limit), [least] "w"(vnegq_s32(limit))
                     : "q0", "q1", "q2", "lr", "memory");
}
