/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer SGD: w - gradient / divisor - w / decay_inv, saturated. A step of 18 bits saturates any
 * weight. Since division is a single instruction, testing for quotients of 0 would not be faster.
 */
static inline int16_t integrad_descend(int16_t w, int32_t gradient,
                                       const struct integrad_descent *descent) {
    int32_t step = gradient / descent->divisor;
    __asm__("ssat %0, #18, %0" : "+r"(step));
    if (descent->decay_inv > 0) {
        step += w / descent->decay_inv;
    }
    return (int16_t)integrad_clip(w - step, descent->limit);
}
