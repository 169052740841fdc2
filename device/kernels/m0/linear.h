/*
 * z[k] = row k of w . x for four rows. The rows' loop is entered where n is a multiple of four from
 * then on. Registers: r0 to r3 ends of the rows, r4 end of x, r5 bytes up to there, negative, r6 a
 * value of x, r7 a weight, r8 to r11 sums.
 */
__attribute__((naked, noinline)) static void
integrad_four_sums(__attribute__((unused)) int32_t *z, __attribute__((unused)) const int16_t *w,
                   __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t n) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r0, r4-r7, lr}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "push {r4-r7}\n\t"
                     "movs r7, #0\n\t"
                     "mov r8, r7\n\t"
                     "mov r9, r7\n\t"
                     "mov r10, r7\n\t"
                     "mov r11, r7\n\t"
                     "negs r6, r3\n\t"
                     "lsls r5, r6, #1\n\t"
                     "subs r0, r1, r5\n\t"
                     "subs r1, r0, r5\n\t"
                     "subs r4, r2, r5\n\t"
                     "subs r2, r1, r5\n\t"
                     "subs r3, r2, r5\n\t"
                     "lsls r6, r6, #30\n\t" /* values to skip at first, of four */
                     "lsrs r6, r6, #30\n\t"
                     "movs r7, #28\n\t" /* bytes of code for each */
                     "muls r6, r7, r6\n\t"
                     "add pc, r6\n\t"
                     "nop\n\t"
                     "1:\n\t"
                     ".rept 4\n\t"
                     "ldrsh r6, [r4, r5]\n\t"
                     "ldrsh r7, [r0, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "add r8, r8, r7\n\t"
                     "ldrsh r7, [r1, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "add r9, r9, r7\n\t"
                     "ldrsh r7, [r2, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "add r10, r10, r7\n\t"
                     "ldrsh r7, [r3, r5]\n\t"
                     "muls r7, r6, r7\n\t"
                     "add r11, r11, r7\n\t"
                     "adds r5, r5, #2\n\t"
                     ".endr\n\t"
                     "bne 1b\n\t"
                     "mov r0, r8\n\t"
                     "mov r1, r9\n\t"
                     "mov r2, r10\n\t"
                     "mov r3, r11\n\t"
                     "pop {r4-r7}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "mov r11, r7\n\t"
                     "pop {r4}\n\t"
                     "stmia r4!, {r0-r3}\n\t"
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/* The same for two rows, `step` bytes apart: 0 for a single one. Registers: r0 and r1 ends of the
 * rows, r2 end of x, r3 bytes up to there, r4 and r5 sums, r6 a value of x, r7 a weight. */
__attribute__((naked, noinline)) static void
integrad_two_sums(__attribute__((unused)) int32_t *z, __attribute__((unused)) const int16_t *w,
                  __attribute__((unused)) const int16_t *x, __attribute__((unused)) size_t n,
                  __attribute__((unused)) size_t step) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r0, r4-r7, lr}\n\t"
                     "ldr r7, [sp, #24]\n\t"
                     "negs r6, r3\n\t"
                     "lsls r3, r6, #1\n\t"
                     "subs r0, r1, r3\n\t"
                     "adds r1, r0, r7\n\t"
                     "subs r2, r2, r3\n\t"
                     "movs r4, #0\n\t"
                     "movs r5, #0\n\t"
                     "lsls r6, r6, #30\n\t"
                     "lsrs r6, r6, #26\n\t" /* each value of four has 16 bytes of code */
                     "add pc, r6\n\t"
                     "nop\n\t"
                     "1:\n\t"
                     ".rept 4\n\t"
                     "ldrsh r6, [r2, r3]\n\t"
                     "ldrsh r7, [r0, r3]\n\t"
                     "muls r7, r6, r7\n\t"
                     "adds r4, r4, r7\n\t"
                     "ldrsh r7, [r1, r3]\n\t"
                     "muls r7, r6, r7\n\t"
                     "adds r5, r5, r7\n\t"
                     "adds r3, r3, #2\n\t"
                     ".endr\n\t"
                     "bne 1b\n\t"
                     "pop {r0}\n\t"
                     "stmia r0!, {r4, r5}\n\t"
                     "pop {r4-r7, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
static void integrad_linear_by(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                               size_t outs, size_t n, const struct integrad_reciprocal *scale) {
    while (outs > 0) {
        int32_t z[4];
        size_t rows = 4;
        if (outs >= rows) {
            integrad_four_sums(z, w, x, n);
        } else {
            rows = outs >= 2 ? 2 : 1;
            integrad_two_sums(z, w, x, n, outs >= 2 ? 2 * n : 0);
        }
        for (size_t r = 0; r < rows; r++) {
            *s = integrad_scaled(z[r], scale);
            s += step;
        }
        w += rows * n;
        outs -= rows;
    }
}

static void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x, size_t outs,
                            size_t n, int32_t scale) {
    struct integrad_reciprocal reciprocal;
    integrad_reciprocal(&reciprocal, (uint32_t)scale);
    integrad_linear_by(s, step, w, x, outs, n, &reciprocal);
}
