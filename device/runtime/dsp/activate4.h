/* SPDX-License-Identifier: Apache-2.0 */
/* NITRO-ReLU: slope 1/4 below zero, centred by 36; four bytes at a time. h may be s. */
INTEGRAD_KERNEL void integrad_activate4(int8_t *h, const int8_t *s, size_t count) {
    const int8_t *const end = s + count, *const eights = s + (count & ~(size_t)7);
    uint32_t value, quarter;
    if (s != eights) {
        __asm__ volatile(
            "1:\n\t"
            ".rept 2\n\t"
            "ldr %[value], [%[s]], #4\n\t"
            "shadd8 %[quarter], %[value], %[three]\n\t"  /* (value + 3) >> 1, and that */
            "shadd8 %[quarter], %[quarter], %[zero]\n\t" /* >> 1: below 0 value / 4 */
            "sadd8 %[value], %[value], %[zero]\n\t"      /* which bytes are 0 or more */
            "sel %[value], %[value], %[quarter]\n\t"
            "ssub8 %[value], %[value], %[mean]\n\t"
            "str %[value], [%[h]], #4\n\t"
            ".endr\n\t"
            "cmp %[s], %[end]\n\t"
            "bne 1b"
            : [s] "+r"(s), [h] "+r"(h), [value] "=&r"(value), [quarter] "=&r"(quarter)
            : [three] "r"(0x03030303u), [zero] "r"(0), [mean] "r"(0x24242424u), [end] "r"(eights)
            : "cc", "memory");
    }
    for (; s != end; s++) {
        *h++ = (int8_t)((*s < 0 ? *s / 4 : *s) - 36);
    }
}
