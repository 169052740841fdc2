/* SPDX-License-Identifier: Apache-2.0 */
/* NITRO-ReLU: slope 1/4 below zero, centred by 36. h may be s. */
INTEGRAD_KERNEL void integrad_activate4(int8_t *h, const int8_t *s, size_t count) {
    const int8_t *const end = s + count, *const fours = s + (count & ~(size_t)3);
    int value;
    if (s != fours) {
        __asm__ volatile("1:\n\t"
                         ".rept 4\n\t"
                         "ldrsb %[value], [%[s]], #1\n\t"
                         "cmp %[value], #0\n\t"
                         "itt lt\n\t"
                         "addlt %[value], %[value], #3\n\t"
                         "asrlt %[value], %[value], #2\n\t"
                         "sub %[value], %[value], #36\n\t"
                         "strb %[value], [%[h]], #1\n\t"
                         ".endr\n\t"
                         "cmp %[s], %[end]\n\t"
                         "bne 1b"
                         : [s] "+r"(s), [h] "+r"(h), [value] "=&r"(value)
                         : [end] "r"(fours)
                         : "cc", "memory");
    }
    for (; s != end; s++) {
        *h++ = (int8_t)((*s < 0 ? *s / 4 : *s) - 36);
    }
}
