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
    if (count < 3 && add) {
        __asm__ volatile("dlstp.32 lr, %[n]\n\t"
                         "1:\n\t"
                         "vldrw.32 q0, [%[sums]]\n\t"
                         "vldrb.s32 q1, [%[a]], #4\n\t"
                         "vmla.s32 q0, q1, %[fa]\n\t"
                         "vldrb.s32 q1, [%[b]], #4\n\t"
                         "vmla.s32 q0, q1, %[fb]\n\t"
                         "vstrw.32 q0, [%[sums]], #16\n\t"
                         "letp lr, 1b"
                         : [a] "+l"(a), [b] "+l"(b), [sums] "+r"(sums)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [n] "r"(n)
                         : "q0", "q1", "lr", "cc", "memory");
    } else if (count < 3) {
        __asm__ volatile("dlstp.32 lr, %[n]\n\t"
                         "1:\n\t"
                         "vldrb.s32 q1, [%[a]], #4\n\t"
                         "vmul.s32 q0, q1, %[fa]\n\t"
                         "vldrb.s32 q1, [%[b]], #4\n\t"
                         "vmla.s32 q0, q1, %[fb]\n\t"
                         "vstrw.32 q0, [%[sums]], #16\n\t"
                         "letp lr, 1b"
                         : [a] "+l"(a), [b] "+l"(b), [sums] "+r"(sums)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [n] "r"(n)
                         : "q0", "q1", "lr", "cc", "memory");
    } else if (add) {
        __asm__ volatile("dlstp.32 lr, %[n]\n\t"
                         "1:\n\t"
                         "vldrw.32 q0, [%[sums]]\n\t"
                         "vldrb.s32 q1, [%[a]], #4\n\t"
                         "vmla.s32 q0, q1, %[fa]\n\t"
                         "vldrb.s32 q1, [%[b]], #4\n\t"
                         "vmla.s32 q0, q1, %[fb]\n\t"
                         "vldrb.s32 q1, [%[c]], #4\n\t"
                         "vmla.s32 q0, q1, %[fc]\n\t"
                         "vldrb.s32 q1, [%[d]], #4\n\t"
                         "vmla.s32 q0, q1, %[fd]\n\t"
                         "vstrw.32 q0, [%[sums]], #16\n\t"
                         "letp lr, 1b"
                         : [a] "+l"(a), [b] "+l"(b), [c] "+l"(c), [d] "+l"(d), [sums] "+r"(sums)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [fc] "r"(factors[2]),
                           [fd] "r"(factors[3]), [n] "r"(n)
                         : "q0", "q1", "lr", "cc", "memory");
    } else {
        __asm__ volatile("dlstp.32 lr, %[n]\n\t"
                         "1:\n\t"
                         "vldrb.s32 q1, [%[a]], #4\n\t"
                         "vmul.s32 q0, q1, %[fa]\n\t"
                         "vldrb.s32 q1, [%[b]], #4\n\t"
                         "vmla.s32 q0, q1, %[fb]\n\t"
                         "vldrb.s32 q1, [%[c]], #4\n\t"
                         "vmla.s32 q0, q1, %[fc]\n\t"
                         "vldrb.s32 q1, [%[d]], #4\n\t"
                         "vmla.s32 q0, q1, %[fd]\n\t"
                         "vstrw.32 q0, [%[sums]], #16\n\t"
                         "letp lr, 1b"
                         : [a] "+l"(a), [b] "+l"(b), [c] "+l"(c), [d] "+l"(d), [sums] "+r"(sums)
                         : [fa] "r"(factors[0]), [fb] "r"(factors[1]), [fc] "r"(factors[2]),
                           [fd] "r"(factors[3]), [n] "r"(n)
                         : "q0", "q1", "lr", "cc", "memory");
    }
}
