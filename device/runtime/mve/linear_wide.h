/* SPDX-License-Identifier: Apache-2.0 */
/* Four rows of weights that share the values of x. */
struct integrad_four_wide {
    const int16_t *w[4];
    const int16_t *x;
    size_t fours, rest; /* of eights of values; values after them */
};
INTEGRAD_ASSERT_OFFSET(four_wide, w, 0);
INTEGRAD_ASSERT_OFFSET(four_wide, x, 16);
INTEGRAD_ASSERT_OFFSET(four_wide, fours, 20);
INTEGRAD_ASSERT_OFFSET(four_wide, rest, 24);

/* z[k] = w[k] . x in 64 bits. Registers: r0 to r7 sums, r8 to r11 rows, r12 x. */
__attribute__((naked, noinline)) static void
integrad_wide_rows(__attribute__((unused)) int64_t z[4],
                   __attribute__((unused)) const struct integrad_four_wide *rows) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r0, r4-r11, lr}\n\t"
                     "ldr r2, [r1, #24]\n\t"
                     "push {r2}\n\t"
                     "ldm r1, {r8-r12, lr}\n\t"
                     "clrm {r0-r7}\n\t"
                     "wls lr, lr, 2f\n\t"
                     "1:\n\t"
                     ".rept 4\n\t"
                     "vldrh.u16 q0, [r12], #16\n\t"
                     "vldrh.u16 q1, [r8], #16\n\t"
                     "vmlaldava.s16 r0, r1, q0, q1\n\t"
                     "vldrh.u16 q2, [r9], #16\n\t"
                     "vmlaldava.s16 r2, r3, q0, q2\n\t"
                     "vldrh.u16 q1, [r10], #16\n\t"
                     "vmlaldava.s16 r4, r5, q0, q1\n\t"
                     "vldrh.u16 q2, [r11], #16\n\t"
                     "vmlaldava.s16 r6, r7, q0, q2\n\t"
                     ".endr\n\t"
                     "le lr, 1b\n\t"
                     "2:\n\t"
                     "pop {lr}\n\t"
                     "wlstp.16 lr, lr, 4f\n\t"
                     "3:\n\t"
                     "vldrh.u16 q0, [r12], #16\n\t"
                     "vldrh.u16 q1, [r8], #16\n\t"
                     "vmlaldava.s16 r0, r1, q0, q1\n\t"
                     "vldrh.u16 q2, [r9], #16\n\t"
                     "vmlaldava.s16 r2, r3, q0, q2\n\t"
                     "vldrh.u16 q1, [r10], #16\n\t"
                     "vmlaldava.s16 r4, r5, q0, q1\n\t"
                     "vldrh.u16 q2, [r11], #16\n\t"
                     "vmlaldava.s16 r6, r7, q0, q2\n\t"
                     "letp lr, 3b\n\t"
                     "4:\n\t"
                     "pop {r12}\n\t"
                     "stm r12, {r0-r7}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "cc", "memory");
}

/*
 * s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size. The last four rows overlap
 * the previous ones if outs is not a multiple of four; where there are fewer, the last is repeated.
 */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n) {
    const int32_t scale = 256 * (int32_t)n;
    struct integrad_four_wide rows;
    int64_t sums[4];
    rows.x = x;
    rows.fours = n / 32;
    rows.rest = n % 32;
    for (size_t o = 0; o < outs; o += 4) {
        if (outs >= 4 && outs - o < 4) {
            o = outs - 4;
        }
        for (size_t k = 0; k < 4; k++) {
            rows.w[k] = w + (o + k < outs ? o + k : outs - 1) * n;
        }
        integrad_wide_rows(sums, &rows);
        for (size_t k = 0; k < 4 && o + k < outs; k++) {
            s[(o + k) * step] = integrad_scaled(integrad_limited(sums[k]), scale);
        }
    }
}
