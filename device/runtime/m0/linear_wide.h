/* SPDX-License-Identifier: Apache-2.0 */
#include "scaled_by.h"

/*
 * integrad_dots for two rows of weights. Registers in the loop: r0 and r1 ends of rows, r2 and r3
 * sums, r4 end of x, r5 bytes up to there, negative, r6 a value of x, r7 a weight.
 */
__attribute__((naked, noinline)) static void
integrad_two_dots(__attribute__((unused)) int32_t z[2], __attribute__((unused)) const int16_t *w,
                  __attribute__((unused)) size_t row, __attribute__((unused)) const int16_t *x,
                  __attribute__((unused)) size_t n) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r0, r4-r7, lr}\n\t"
                     "ldr r5, [sp, #24]\n\t" /* n */
                     "lsls r6, r5, #1\n\t"
                     "adds r4, r3, r6\n\t"
                     "adds r0, r1, r6\n\t"
                     "lsls r7, r2, #1\n\t"
                     "adds r1, r0, r7\n\t"
                     "movs r2, #0\n\t"
                     "movs r3, #0\n\t"
                     "negs r7, r5\n\t" /* values to skip, of 16 bytes of code */
                     "lsls r7, r7, #30\n\t"
                     "lsrs r7, r7, #26\n\t"
                     "negs r5, r6\n\t"
                     "add pc, r7\n\t"
                     "nop\n\t"
                     "1:\n\t"
                     ".rept 4\n\t"
                     "ldrsh r6, [r4, r5]\n\t"
                     "ldrsh r7, [r0, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "adds r2, r2, r7\n\t"
                     "ldrsh r7, [r1, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "adds r3, r3, r7\n\t"
                     "adds r5, r5, #2\n\t"
                     ".endr\n\t"
                     "bne 1b\n\t"
                     "pop {r0}\n\t"
                     "stmia r0!, {r2, r3}\n\t"
                     "pop {r4-r7, pc}");
}

/*
 * s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size: four rows share each value
 * of x, then two or one. Parts of sums are added up in 64 bits.
 */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n) {
    struct integrad_reciprocal scale;
    integrad_reciprocal(&scale, 256 * n);
    while (outs > 0) {
        const size_t rows = outs < 2 ? 1 : outs < 4 ? 2 : 4;
        int64_t sums[4] = {0, 0, 0, 0};
        int32_t part[4];
        for (size_t i = 0; i < n; i += INTEGRAD_PART) {
            size_t count = n - i;
            if (count > INTEGRAD_PART) {
                count = INTEGRAD_PART;
            }
            if (rows == 4) {
                integrad_dots(part, w + i, n, x + i, count);
            } else {
                integrad_two_dots(part, w + i, rows == 2 ? n : 0, x + i, count);
            }
            for (size_t k = 0; k < rows; k++) {
                sums[k] += part[k];
            }
        }
        for (size_t k = 0; k < rows; k++) {
            *s = integrad_scaled_by(integrad_limited(sums[k]), &scale);
            s += step;
        }
        w += rows * n;
        outs -= rows;
    }
}
