/* SPDX-License-Identifier: Apache-2.0 */
/* Integer SGD: w - gradient / divisor - w / decay_inv, saturated. */
static inline int16_t integrad_descend(int16_t w, int32_t gradient,
                                       const struct integrad_descent *descent) {
    int32_t updated = w;
    if (gradient >= descent->divisor || gradient <= -descent->divisor) { /* else it gives 0 */
        const int32_t longest = 2 * (int32_t)32639;                      /* saturates any weight */
        updated -= integrad_clip(gradient / descent->divisor, longest);
    }
    if (descent->decay_inv > 0 && (w >= descent->decay_inv || w <= -descent->decay_inv)) {
        updated -= w / descent->decay_inv;
    }
    return (int16_t)integrad_clip(updated, descent->limit);
}
