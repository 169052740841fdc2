/* SPDX-License-Identifier: Apache-2.0 */
/* The same values as 16-bit integers, the type of the weights. */
INTEGRAD_KERNEL void integrad_widen(int16_t *wide, const int8_t *x, size_t count) {
    const int8_t *const end = x + count;
    const int8_t *const eights = x + (count & ~(size_t)7);
    int32_t value;
    if (x != eights) {
        __asm__ volatile("1:\n\t"
                         ".rept 8\n\t"
                         "ldrsb %[value], [%[x]], #1\n\t"
                         "strh %[value], [%[wide]], #2\n\t"
                         ".endr\n\t"
                         "cmp %[x], %[end]\n\t"
                         "bne 1b"
                         : [x] "+r"(x), [wide] "+r"(wide), [value] "=&r"(value)
                         : [end] "r"(eights)
                         : "cc", "memory");
    }
    while (x != end) {
        *wide++ = *x++;
    }
}
