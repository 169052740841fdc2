/* SPDX-License-Identifier: Apache-2.0 */
/* integrad_dots for parts of sums. */
static inline void integrad_part_dots(int32_t z[4], const int16_t *w, size_t row, const int16_t *x,
                                      size_t n) {
    integrad_dots(z, w, row, x, n);
}
