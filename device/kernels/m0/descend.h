/*
 * w[i] - gradient[i] / divisor, saturated to the limit, for `count` weights. Registers: r0 w,
 * r1 gradient, r2, r3 and r7 divisor, shift and factor, r4 what is left of a gradient, r5 its sign,
 * then in lr, r6 the quotient, r8 256 divisors, r9 limit, r10 -limit, r12 end of gradient.
 */
__attribute__((naked, noinline)) static void integrad_descend_weights(
    __attribute__((unused)) int16_t *w, __attribute__((unused)) const int32_t *gradient,
    __attribute__((unused)) size_t count, __attribute__((unused)) int32_t limit,
    __attribute__((unused)) const struct integrad_reciprocal *divisor) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7, lr}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "push {r4-r6}\n\t"
                     "lsls r2, r2, #2\n\t"
                     "adds r2, r2, r1\n\t"
                     "mov r12, r2\n\t"
                     "mov r9, r3\n\t"
                     "negs r3, r3\n\t"
                     "mov r10, r3\n\t"
                     "ldr r3, [sp, #32]\n\t"
                     "ldmia r3, {r2, r3, r7}\n\t"
                     "lsls r4, r2, #8\n\t"
                     "lsrs r6, r4, #8\n\t"
                     "cmp r6, r2\n\t"
                     "beq 1f\n\t"
                     "movs r4, #0\n\t" /* 256 divisors are more than any gradient */
                     "mvns r4, r4\n\t"
                     "1:\n\t"
                     "mov r8, r4\n\t"
                     "2:\n\t"
                     "ldmia r1!, {r4}\n\t"
                     "asrs r5, r4, #31\n\t"
                     "eors r4, r4, r5\n\t"
                     "subs r4, r4, r5\n\t"
                     "cmp r4, r2\n\t"
                     "blo 6f\n\t"
                     "mov lr, r5\n\t"
                     "cmp r4, r8\n\t"
                     "bhs 8f\n\t"
                     "movs r6, r4\n\t"
                     "lsrs r6, r6, r3\n\t"
                     "muls r6, r7, r6\n\t"
                     "lsrs r6, r6, #24\n\t"
                     "movs r5, r6\n\t"
                     "muls r5, r2, r5\n\t"
                     "subs r4, r4, r5\n\t"
                     "cmp r4, r2\n\t"
                     "movs r5, #0\n\t"
                     "adcs r6, r6, r5\n\t" /* one more where the divisor still fits */
                     "3:\n\t"
                     "mov r5, lr\n\t"
                     "eors r6, r6, r5\n\t"
                     "subs r6, r6, r5\n\t"
                     "movs r4, #0\n\t"
                     "ldrsh r4, [r0, r4]\n\t"
                     "subs r4, r4, r6\n\t"
                     "cmp r4, r9\n\t"
                     "ble 4f\n\t"
                     "mov r4, r9\n\t"
                     "4:\n\t"
                     "cmp r4, r10\n\t"
                     "bge 5f\n\t"
                     "mov r4, r10\n\t"
                     "5:\n\t"
                     "strh r4, [r0]\n\t"
                     "6:\n\t"
                     "adds r0, r0, #2\n\t"
                     "cmp r1, r12\n\t"
                     "bne 2b\n\t"
                     "pop {r4-r6}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "pop {r4-r7, pc}\n\t"
                     "8:\n\t" /* a long quotient, bit by bit */
                     "movs r5, r2\n\t"
                     "movs r3, #1\n\t"
                     "9:\n\t"
                     "lsrs r6, r4, #1\n\t"
                     "cmp r5, r6\n\t"
                     "bhi 10f\n\t"
                     "lsls r5, r5, #1\n\t"
                     "lsls r3, r3, #1\n\t"
                     "b 9b\n\t"
                     "10:\n\t"
                     "movs r6, #0\n\t"
                     "11:\n\t"
                     "cmp r4, r5\n\t"
                     "blo 12f\n\t"
                     "subs r4, r4, r5\n\t"
                     "adds r6, r6, r3\n\t"
                     "12:\n\t"
                     "lsrs r5, r5, #1\n\t"
                     "lsrs r3, r3, #1\n\t"
                     "bne 11b\n\t"
                     "lsrs r5, r6, #16\n\t"
                     "beq 13f\n\t"
                     "movs r6, #255\n\t" /* 65,280 saturates any weight */
                     "lsls r6, r6, #8\n\t"
                     "13:\n\t"
                     "ldr r5, [sp, #32]\n\t"
                     "ldr r3, [r5, #4]\n\t"
                     "b 3b" ::
                         : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}

/* w - w / decay_inv. Few weights are as large as that in practice: those are divided in software.
 */
static void integrad_decay(int16_t *w, size_t count, int32_t decay_inv) {
    for (const int16_t *const end = w + count; w != end; w++) {
        if (*w >= decay_inv || *w <= -decay_inv) {
            *w = (int16_t)(*w - *w / decay_inv);
        }
    }
}
