/* SPDX-License-Identifier: Apache-2.0 */
/* The same values as 16-bit integers, the type of the weights: four at a time. */
INTEGRAD_KERNEL void integrad_widen(int16_t *wide, const int8_t *x, size_t count) {
    const int8_t *const end = x + count;
    const int8_t *const eights = x + (count & ~(size_t)7);
    uint32_t even, odd, low;
    if (x != eights) {
        __asm__ volatile(
            "1:\n\t"
            ".rept 2\n\t"
            "ldr %[odd], [%[x]], #4\n\t"
            "sxtb16 %[even], %[odd]\n\t"
            "sxtb16 %[odd], %[odd], ror #8\n\t"
            "pkhbt %[low], %[even], %[odd], lsl #16\n\t"
            "pkhtb %[odd], %[odd], %[even], asr #16\n\t"
            "str %[low], [%[wide]], #4\n\t"
            "str %[odd], [%[wide]], #4\n\t"
            ".endr\n\t"
            "cmp %[x], %[end]\n\t"
            "bne 1b"
            : [x] "+r"(x), [wide] "+r"(wide), [even] "=&r"(even), [odd] "=&r"(odd), [low] "=&r"(low)
            : [end] "r"(eights)
            : "cc", "memory");
    }
    while (x != end) {
        *wide++ = *x++;
    }
}
