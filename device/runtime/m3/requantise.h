/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out[i * step] = sums[i] / 2^shift, rounded to the nearest and saturated to +-127; where this is
 * negative, it is divided by `leak`, which is a power of two of up to 16, or becomes 0 if leak is
 * 0. A leak of 1 leaves it as it is. shift: 0 to 31.
 */
INTEGRAD_KERNEL void integrad_requantise(int8_t *out, size_t step, const int32_t *sums, size_t n,
                                         int shift, int leak) {
    const uint32_t by = integrad_shift_of(shift), slope = integrad_leak_of(leak);
    const int32_t *const end = sums + n;
    for (; sums != end; out += step) {
        int32_t value = *sums++;
        __asm__(INTEGRAD_SCALE8("%[value]", "%[by]", "%[slope]", "8",
                                "9") "b 7f\n\t" INTEGRAD_SCALE8_NEGATIVE("%[value]", "%[by]",
                                                                         "%[slope]", "8", "9") "7:"
                : [value] "+l"(value)
                : [by] "l"(by), [slope] "l"(slope)
                : "cc");
        *out = (int8_t)value;
    }
}
