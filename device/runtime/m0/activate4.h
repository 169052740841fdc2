/* SPDX-License-Identifier: Apache-2.0 */
/* NITRO-ReLU: slope 1/4 below zero, centred by 36. h may be s. */
INTEGRAD_KERNEL void integrad_activate4(int8_t *h, const int8_t *s, size_t count) {
    int32_t value, index = -(int32_t)count;
    h += count;
    s += count;
    if (count == 0) {
        return;
    }
    __asm__ volatile(".syntax unified\n\t"
                     "1:\n\t"
                     "ldrsb %[value], [%[s], %[index]]\n\t"
                     "cmp %[value], #0\n\t"
                     "bge 2f\n\t"
                     "adds %[value], %[value], #3\n\t"
                     "asrs %[value], %[value], #2\n\t"
                     "2:\n\t"
                     "subs %[value], %[value], #36\n\t"
                     "strb %[value], [%[h], %[index]]\n\t"
                     "adds %[index], %[index], #1\n\t"
                     "bne 1b"
                     : [value] "=&l"(value), [index] "+&l"(index)
                     : [h] "l"(h), [s] "l"(s)
                     : "cc", "memory");
}
