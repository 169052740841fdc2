/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out[i * step] = sums[i] / 2^shift, rounded to the nearest and saturated to +-127; where this is
 * negative, it is divided by `leak`, which is a power of two of up to 16, or becomes 0 if leak is
 * 0. A leak of 1 leaves it as it is. shift: 0 to 31.
 */
INTEGRAD_KERNEL void integrad_requantise(int8_t *out, size_t step, const int32_t *sums, size_t n,
                                         int shift, int leak) {
    for (size_t i = 0; i < n; i++) {
        const int32_t value = integrad_clip(integrad_rdiv2(sums[i], shift), 127);
        out[i * step] = (int8_t)(value > 0 ? value : leak ? value / leak : 0);
    }
}
