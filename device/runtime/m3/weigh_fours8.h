/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weighted sums of `count` rows, one to four, of n > 0 values, which are added to those there
 * if `add` is set. Four addresses and factors are valid, the latter 0 where there is no row.
 */
__attribute__((noinline)) static void integrad_weigh_fours8(int32_t *sums, size_t n,
                                                            const int8_t *const rows[4],
                                                            const int32_t factors[4], size_t count,
                                                            int add) {
    const int8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    int32_t sum, value = (int32_t)n;
    if (count < 3 && add) {
        __asm__ volatile(
            "lsls %[value], %[value], #31\n\t"
            "bne 2f\n\t"
            "1:\n\t"
            "ldr %[sum], [%[sums]]\n\t"
            "ldrsb %[value], [%[a]], #1\n\t"
            "mla %[sum], %[value], %[fa], %[sum]\n\t"
            "ldrsb %[value], [%[b]], #1\n\t"
            "mla %[sum], %[value], %[fb], %[sum]\n\t"
            "str %[sum], [%[sums]], #4\n\t"
            "2:\n\t"
            "ldr %[sum], [%[sums]]\n\t"
            "ldrsb %[value], [%[a]], #1\n\t"
            "mla %[sum], %[value], %[fa], %[sum]\n\t"
            "ldrsb %[value], [%[b]], #1\n\t"
            "mla %[sum], %[value], %[fb], %[sum]\n\t"
            "str %[sum], [%[sums]], #4\n\t"
            "cmp %[sums], %[end]\n\t"
            "bne 1b"
            : [a] "+r"(a), [b] "+r"(b), [sums] "+r"(sums), [sum] "=&r"(sum), [value] "+l"(value)
            : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [end] "r"(sums + n)
            : "cc", "memory");
    } else if (count < 3) {
        __asm__ volatile(
            "lsls %[value], %[value], #31\n\t"
            "bne 2f\n\t"
            "1:\n\t"
            "ldrsb %[value], [%[a]], #1\n\t"
            "mul %[sum], %[value], %[fa]\n\t"
            "ldrsb %[value], [%[b]], #1\n\t"
            "mla %[sum], %[value], %[fb], %[sum]\n\t"
            "str %[sum], [%[sums]], #4\n\t"
            "2:\n\t"
            "ldrsb %[value], [%[a]], #1\n\t"
            "mul %[sum], %[value], %[fa]\n\t"
            "ldrsb %[value], [%[b]], #1\n\t"
            "mla %[sum], %[value], %[fb], %[sum]\n\t"
            "str %[sum], [%[sums]], #4\n\t"
            "cmp %[sums], %[end]\n\t"
            "bne 1b"
            : [a] "+r"(a), [b] "+r"(b), [sums] "+r"(sums), [sum] "=&r"(sum), [value] "+l"(value)
            : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [end] "r"(sums + n)
            : "cc", "memory");
    } else if (add) {
        __asm__ volatile("lsls %[value], %[value], #31\n\t"
                         "bne 2f\n\t"
                         "1:\n\t"
                         "ldr %[sum], [%[sums]]\n\t"
                         "ldrsb %[value], [%[a]], #1\n\t"
                         "mla %[sum], %[value], %[fa], %[sum]\n\t"
                         "ldrsb %[value], [%[b]], #1\n\t"
                         "mla %[sum], %[value], %[fb], %[sum]\n\t"
                         "ldrsb %[value], [%[c]], #1\n\t"
                         "mla %[sum], %[value], %[fc], %[sum]\n\t"
                         "ldrsb %[value], [%[d]], #1\n\t"
                         "mla %[sum], %[value], %[fd], %[sum]\n\t"
                         "str %[sum], [%[sums]], #4\n\t"
                         "2:\n\t"
                         "ldr %[sum], [%[sums]]\n\t"
                         "ldrsb %[value], [%[a]], #1\n\t"
                         "mla %[sum], %[value], %[fa], %[sum]\n\t"
                         "ldrsb %[value], [%[b]], #1\n\t"
                         "mla %[sum], %[value], %[fb], %[sum]\n\t"
                         "ldrsb %[value], [%[c]], #1\n\t"
                         "mla %[sum], %[value], %[fc], %[sum]\n\t"
                         "ldrsb %[value], [%[d]], #1\n\t"
                         "mla %[sum], %[value], %[fd], %[sum]\n\t"
                         "str %[sum], [%[sums]], #4\n\t"
                         "cmp %[sums], %[end]\n\t"
                         "bne 1b"
                         : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [sums] "+r"(sums),
                           [sum] "=&r"(sum), [value] "+l"(value)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [fc] "r"(factors[2]),
                           [fd] "r"(factors[3]), [end] "r"(sums + n)
                         : "cc", "memory");
    } else {
        __asm__ volatile("lsls %[value], %[value], #31\n\t"
                         "bne 2f\n\t"
                         "1:\n\t"
                         "ldrsb %[value], [%[a]], #1\n\t"
                         "mul %[sum], %[value], %[fa]\n\t"
                         "ldrsb %[value], [%[b]], #1\n\t"
                         "mla %[sum], %[value], %[fb], %[sum]\n\t"
                         "ldrsb %[value], [%[c]], #1\n\t"
                         "mla %[sum], %[value], %[fc], %[sum]\n\t"
                         "ldrsb %[value], [%[d]], #1\n\t"
                         "mla %[sum], %[value], %[fd], %[sum]\n\t"
                         "str %[sum], [%[sums]], #4\n\t"
                         "2:\n\t"
                         "ldrsb %[value], [%[a]], #1\n\t"
                         "mul %[sum], %[value], %[fa]\n\t"
                         "ldrsb %[value], [%[b]], #1\n\t"
                         "mla %[sum], %[value], %[fb], %[sum]\n\t"
                         "ldrsb %[value], [%[c]], #1\n\t"
                         "mla %[sum], %[value], %[fc], %[sum]\n\t"
                         "ldrsb %[value], [%[d]], #1\n\t"
                         "mla %[sum], %[value], %[fd], %[sum]\n\t"
                         "str %[sum], [%[sums]], #4\n\t"
                         "cmp %[sums], %[end]\n\t"
                         "bne 1b"
                         : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [sums] "+r"(sums),
                           [sum] "=&r"(sum), [value] "+l"(value)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [fc] "r"(factors[2]),
                           [fd] "r"(factors[3]), [end] "r"(sums + n)
                         : "cc", "memory");
    }
}
