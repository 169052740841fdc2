/* SPDX-License-Identifier: Apache-2.0 */
/* Two rows and their factors. Assembly depends on the order of the members. */
struct integrad_twos8 {
    const int8_t *ends[2];
    int32_t factors[2];
};
INTEGRAD_ASSERT_OFFSET(twos8, factors, 8);

/*
 * The weighted sums of two rows of n > 0 values, which are added to those there if `add` is set.
 * Registers: r0 sums, r1 and r2 ends of the rows, r3 and r4 factors, r5 values up to there,
 * negative.
 */
__attribute__((naked, noinline)) static void
integrad_weigh_twos8(__attribute__((unused)) int32_t *sums, __attribute__((unused)) size_t n,
                     __attribute__((unused)) const struct integrad_twos8 *twos,
                     __attribute__((unused)) int add) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "negs r5, r1\n\t"
                     "movs r7, r3\n\t"
                     "ldmia r2!, {r1, r3, r4, r6}\n\t"
                     "movs r2, r3\n\t"
                     "movs r3, r4\n\t"
                     "movs r4, r6\n\t"
                     "cmp r7, #0\n\t"
                     "bne 2f\n\t"
                     "1:\n\t"
                     "ldrsb r6, [r1, r5]\n\t"
                     "muls r6, r3, r6\n\t"
                     "ldrsb r7, [r2, r5]\n\t"
                     "muls r7, r4, r7\n\t"
                     "adds r7, r7, r6\n\t"
                     "stmia r0!, {r7}\n\t"
                     "adds r5, r5, #1\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r7, pc}\n\t"
                     "2:\n\t"
                     "ldrsb r6, [r1, r5]\n\t"
                     "muls r6, r3, r6\n\t"
                     "ldrsb r7, [r2, r5]\n\t"
                     "muls r7, r4, r7\n\t"
                     "adds r7, r7, r6\n\t"
                     "ldr r6, [r0]\n\t"
                     "adds r7, r7, r6\n\t"
                     "stmia r0!, {r7}\n\t"
                     "adds r5, r5, #1\n\t"
                     "bne 2b\n\t"
                     "pop {r4-r7, pc}" ::
                         : "memory");
}

/*
 * A weighted sum of rows: sums[i] = sum over k of factors[k] * rows[index[k] * stride + i]. sums:
 * n, index and factors: count. The sums must fit 32 bits. Two rows at a time.
 */
INTEGRAD_KERNEL void integrad_weigh8(int32_t *sums, size_t n, const int8_t *rows, size_t stride,
                                     const uint16_t *index, const int8_t *factors, size_t count) {
    for (size_t i = 0; i < n && count == 0; i++) {
        sums[i] = 0;
    }
    for (size_t k = 0; k < count && n > 0; k += 2) {
        struct integrad_twos8 twos;
        const size_t second = k + 1 < count ? k + 1 : k;
        twos.ends[0] = rows + index[k] * stride + n;
        twos.ends[1] = rows + index[second] * stride + n;
        twos.factors[0] = factors[k];
        twos.factors[1] = second > k ? factors[second] : 0;
        integrad_weigh_twos8(sums, n, &twos, k > 0);
    }
}
