/* SPDX-License-Identifier: Apache-2.0 */
/* The same values as 16-bit integers, the type of the weights. */
INTEGRAD_KERNEL void integrad_widen(int16_t *wide, const int8_t *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        wide[i] = x[i];
    }
}
