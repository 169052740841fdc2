/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of n weights, three at a time, and two patches. Assembly depends on the order. */
struct integrad_threes8 {
    size_t n;
    size_t apart; /* bytes from patch to patch */
    size_t threes;
};
INTEGRAD_ASSERT_OFFSET(threes8, n, 0);
INTEGRAD_ASSERT_OFFSET(threes8, apart, 4);
INTEGRAD_ASSERT_OFFSET(threes8, threes, 8);

/*
 * Products of rows with two patches, whose sums are 24 values apart. Registers: r1 r3 r5 rows, r7
 * r9 patches, r0 r2 r4 and r6 r8 r10 sums, r11 r12 where they go. Stack: values of a row, without
 * the first sixteen, from which on the sums are added up; from the rows to the next ones; bytes of
 * the vectors of a patch; end of the first sums; entry.
 */
__attribute__((naked, noinline)) static void
integrad_rows8(__attribute__((unused)) int32_t *sums, __attribute__((unused)) const int8_t *weights,
               __attribute__((unused)) const int8_t *patches,
               __attribute__((unused)) const struct integrad_threes8 *threes) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "sub sp, sp, #20\n\t"
                     "mov r11, r0\n\t"
                     "add r12, r0, #96\n\t"
                     "ldrd r4, r5, [r3]\n\t"
                     "ldr r6, [r3, #8]\n\t"
                     "mov r7, r2\n\t"
                     "add r9, r2, r5\n\t"
                     "add r6, r6, r6, lsl #1\n\t"
                     "add r6, r11, r6, lsl #2\n\t"
                     "str r6, [sp, #12]\n\t"
                     "add r3, r4, #15\n\t"
                     "bic r3, r3, #15\n\t"
                     "str r3, [sp, #8]\n\t"
                     "add r5, r4, r4, lsl #1\n\t"
                     "sub r5, r5, r3\n\t"
                     "str r5, [sp, #4]\n\t"
                     "add r3, r1, r4\n\t"
                     "add r5, r3, r4\n\t"
                     "subs r6, r4, #16\n\t"
                     "adr.w r8, 1f\n\t"
                     "bgt 8f\n\t"
                     "mov r6, r4\n\t"
                     "adr.w r8, 2f\n\t"
                     "8:\n\t"
                     "str r6, [sp]\n\t"
                     "orr r8, r8, #1\n\t"
                     "str r8, [sp, #16]\n\t"
                     "ldr pc, [sp, #16]\n\t"
                     ".p2align 2\n\t"
                     "2:\n\t"
                     "mov r0, #0\n\t"
                     "mov r2, #0\n\t"
                     "mov r4, #0\n\t"
                     "mov r6, #0\n\t"
                     "mov r8, #0\n\t"
                     "mov r10, #0\n\t"
                     "b 3f\n\t"
                     ".p2align 2\n\t"
                     "1:\n\t"
                     "vldrb.8 q0, [r7], #16\n\t"
                     "vldrb.8 q1, [r9], #16\n\t"
                     "vldrb.8 q2, [r1], #16\n\t"
                     "vmladav.s8 r0, q0, q2\n\t"
                     "vmladav.s8 r6, q1, q2\n\t"
                     "vldrb.8 q3, [r3], #16\n\t"
                     "vmladav.s8 r2, q0, q3\n\t"
                     "vmladav.s8 r8, q1, q3\n\t"
                     "vldrb.8 q2, [r5], #16\n\t"
                     "vmladav.s8 r4, q0, q2\n\t"
                     "vmladav.s8 r10, q1, q2\n\t"
                     "3:\n\t"
                     "ldr lr, [sp]\n\t"
                     "dlstp.8 lr, lr\n\t"
                     "4:\n\t"
                     "vldrb.8 q0, [r7], #16\n\t"
                     "vldrb.8 q1, [r9], #16\n\t"
                     "vldrb.8 q2, [r1], #16\n\t"
                     "vmladava.s8 r0, q0, q2\n\t"
                     "vmladava.s8 r6, q1, q2\n\t"
                     "vldrb.8 q3, [r3], #16\n\t"
                     "vmladava.s8 r2, q0, q3\n\t"
                     "vmladava.s8 r8, q1, q3\n\t"
                     "vldrb.8 q2, [r5], #16\n\t"
                     "vmladava.s8 r4, q0, q2\n\t"
                     "vmladava.s8 r10, q1, q2\n\t"
                     "letp lr, 4b\n\t"
                     "stm r11!, {r0, r2, r4}\n\t"
                     "stm r12!, {r6, r8, r10}\n\t"
                     "ldr r0, [sp, #4]\n\t"
                     "add r1, r1, r0\n\t"
                     "add r3, r3, r0\n\t"
                     "add r5, r5, r0\n\t"
                     "ldr r0, [sp, #8]\n\t"
                     "sub r7, r7, r0\n\t"
                     "sub r9, r9, r0\n\t"
                     "ldr r0, [sp, #12]\n\t"
                     "cmp r11, r0\n\t"
                     "it ne\n\t"
                     "ldrne pc, [sp, #16]\n\t"
                     "add sp, sp, #20\n\t"
                     "pop {r4-r11, pc}" ::
                         : "memory");
}

/*
 * requantise for the sums of two positions, which are 24 values apart: those of a row go to out and
 * the next byte. Negative values become the larger one of themselves and of what the leak leaves.
 */
__attribute__((noinline)) static void integrad_scale_twos8(int8_t *out, size_t step,
                                                           const int32_t *sums, size_t rows,
                                                           int shift, int leak) {
    const uint16x8_t lane = vidupq_n_u16(0, 1); /* of which every second one is a row */
    const uint16x8_t places = vmlaq_n_u16(lane, vshrq_n_u16(lane, 1), (uint16_t)(step - 2));
    const int slope = leak > 0 ? 31 - __builtin_clz((unsigned)leak) : 7;
    const int by = shift < 31 ? shift : 32, away = shift > 0;
    __asm__ volatile("vdup.16 q2, %[least]\n\t"
                     "dlstp.16 lr, %[lanes]\n\t"
                     "1:\n\t"
                     "vldrw.32 q1, [%[sums], #96]\n\t"
                     "vldrw.32 q0, [%[sums]], #16\n\t"
                     "vqdmlah.s32 q1, q1, %[away]\n\t"
                     "vqdmlah.s32 q0, q0, %[away]\n\t"
                     "vrshl.s32 q1, %[by]\n\t"
                     "vrshl.s32 q0, %[by]\n\t"
                     "vqmovnb.s32 q0, q0\n\t"
                     "vqmovnt.s32 q0, q1\n\t"
                     "vqshl.s16 q0, q0, #8\n\t"
                     "vshr.s16 q0, q0, #8\n\t"
                     "vmax.s16 q0, q0, q2\n\t"
                     "vadd.i16 q1, q0, %[rounding]\n\t"
                     "vshl.s16 q1, %[slope]\n\t"
                     "vmax.s16 q0, q0, q1\n\t"
                     "vstrb.16 q0, [%[out], %q[places]]\n\t"
                     "add %[out], %[out], %[four]\n\t"
                     "letp lr, 1b"
                     : [out] "+r"(out), [sums] "+r"(sums)
                     : [lanes] "r"(2 * rows), [away] "r"(away), [by] "r"(-by), [least] "r"(-127),
                       [rounding] "r"((1 << slope) - 1), [slope] "r"(-slope), [four] "r"(4 * step),
                       [places] "w"(places)
                     : "q0", "q1", "q2", "lr", "cc", "memory");
}
