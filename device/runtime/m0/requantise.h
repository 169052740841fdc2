/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out[i * step] = sums[i] / 2^shift, rounded to the nearest and saturated to +-127; where this is
 * negative, it is divided by `leak`, which is a power of two of up to 16, or becomes 0 if leak is
 * 0. A leak of 1 leaves it as it is. shift: 0 to 31.
 */
INTEGRAD_KERNEL void integrad_requantise(int8_t *out, size_t step, const int32_t *sums, size_t n,
                                         int shift, int leak) {
    const int32_t *const end = sums + n;
    const int by = shift < 31 ? shift : 32;
    int slope = 7;
    for (; leak > 0; leak >>= 1) {
        slope = slope < 7 ? slope + 1 : 0;
    }
    for (; sums != end; out += step) {
        int32_t value = *sums++;
        /* Adding 0 clears the carry, which a shift of 0 keeps. */
        __asm__(".syntax unified\n\t"
                "adds %[value], %[value], #0\n\t"
                "bmi 1f\n\t"
                "lsrs %[value], %[value], %[by]\n\t"
                "bcc 2f\n\t"
                "adds %[value], %[value], #1\n\t"
                "2:\n\t"
                "cmp %[value], #127\n\t"
                "bls 4f\n\t"
                "movs %[value], #127\n\t"
                "b 4f\n\t"
                "1:\n\t"
                "negs %[value], %[value]\n\t"
                "adds %[value], %[value], #0\n\t"
                "lsrs %[value], %[value], %[by]\n\t"
                "bcc 3f\n\t"
                "adds %[value], %[value], #1\n\t"
                "3:\n\t"
                "cmp %[value], #127\n\t"
                "bls 5f\n\t"
                "movs %[value], #127\n\t"
                "5:\n\t"
                "lsrs %[value], %[value], %[slope]\n\t"
                "negs %[value], %[value]\n\t"
                "4:"
                : [value] "+l"(value)
                : [by] "l"(by), [slope] "l"(slope)
                : "cc");
        *out = (int8_t)value;
    }
}
