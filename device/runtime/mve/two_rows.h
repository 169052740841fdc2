/* SPDX-License-Identifier: Apache-2.0 */
/* State for updating two rows of weights, four weights at a time. */
struct integrad_two_rows {
    int16_t *w[2];
    const int8_t *x[4]; /* inputs of the four weights in the first sample */
    int32_t factor, limit, shift;
    const int16_t *end; /* of the first row */
    const void *errors, *offsets;
    size_t passes; /* over eight samples; 0 for up to 16 of them */
};
INTEGRAD_ASSERT_OFFSET(two_rows, w, 0);
INTEGRAD_ASSERT_OFFSET(two_rows, x, 8);
INTEGRAD_ASSERT_OFFSET(two_rows, factor, 24);
INTEGRAD_ASSERT_OFFSET(two_rows, limit, 28);
INTEGRAD_ASSERT_OFFSET(two_rows, shift, 32);
INTEGRAD_ASSERT_OFFSET(two_rows, end, 36);
INTEGRAD_ASSERT_OFFSET(two_rows, errors, 40);
INTEGRAD_ASSERT_OFFSET(two_rows, offsets, 44);
INTEGRAD_ASSERT_OFFSET(two_rows, passes, 48);

/*
 * Up to 16 samples and errors of 16 bits. errors: 16 of the first row, 16 of the second. offsets of
 * the samples: 16. Registers: r0 to r6 and r8 to lr, even, sums of the two rows, r1 and r3 rows,
 * r5 to r11, odd, x, q2 and q3 offsets, q4 to q7 errors.
 */
__attribute__((naked, noinline)) static void
integrad_learn_narrow(__attribute__((unused)) const struct integrad_two_rows *rows) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r11, lr}\n\t"
                     "vpush {d8-d15}\n\t"
                     "sub sp, #56\n\t"
                     "ldrd r2, r4, [r0, #24]\n\t"
                     "vdup.32 q0, r2\n\t"
                     "vstrw.32 q0, [sp]\n\t"
                     "vdup.32 q0, r4\n\t"
                     "vstrw.32 q0, [sp, #16]\n\t"
                     "ldrd r2, r4, [r0, #32]\n\t"
                     "strd r2, r4, [sp, #48]\n\t"
                     "ldrd r6, r8, [r0, #40]\n\t"
                     "vldrh.u16 q3, [r8]\n\t"
                     "vldrh.u16 q0, [r8, #16]\n\t"
                     "vstrh.16 q0, [sp, #32]\n\t"
                     "vldrh.u16 q4, [r6]\n\t"
                     "vldrh.u16 q5, [r6, #16]\n\t"
                     "vldrh.u16 q6, [r6, #32]\n\t"
                     "vldrh.u16 q7, [r6, #48]\n\t"
                     "ldrd r1, r3, [r0]\n\t"
                     "ldrd r5, r7, [r0, #8]\n\t"
                     "ldrd r9, r11, [r0, #16]\n\t"
                     "1:\n\t"
                     "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
                     "vldrh.u16 q2, [sp, #32]\n\t"
                     "vldrb.s16 q0, [r5, q3]\n\t"
                     "vmladava.s16 r0, q0, q4\n\t"
                     "vmladava.s16 r8, q0, q6\n\t"
                     "vldrb.s16 q1, [r7, q3]\n\t"
                     "vmladava.s16 r2, q1, q4\n\t"
                     "vmladava.s16 r10, q1, q6\n\t"
                     "vldrb.s16 q0, [r9, q3]\n\t"
                     "vmladava.s16 r4, q0, q4\n\t"
                     "vmladava.s16 r12, q0, q6\n\t"
                     "vldrb.s16 q1, [r11, q3]\n\t"
                     "vmladava.s16 r6, q1, q4\n\t"
                     "vmladava.s16 lr, q1, q6\n\t"
                     "vldrb.s16 q0, [r5, q2]\n\t"
                     "vmladava.s16 r0, q0, q5\n\t"
                     "vmladava.s16 r8, q0, q7\n\t"
                     "vldrb.s16 q1, [r7, q2]\n\t"
                     "vmladava.s16 r2, q1, q5\n\t"
                     "vmladava.s16 r10, q1, q7\n\t"
                     "vldrb.s16 q0, [r9, q2]\n\t"
                     "vmladava.s16 r4, q0, q5\n\t"
                     "vmladava.s16 r12, q0, q7\n\t"
                     "vldrb.s16 q1, [r11, q2]\n\t"
                     "vmladava.s16 r6, q1, q5\n\t"
                     "vmladava.s16 lr, q1, q7\n\t"
                     "vmov q0[2], q0[0], r0, r4\n\t"
                     "vmov q0[3], q0[1], r2, r6\n\t"
                     "vmov q1[2], q1[0], r8, r12\n\t"
                     "vmov q1[3], q1[1], r10, lr\n\t"
                     "vldrw.u32 q2, [sp]\n\t"
                     "ldrd r0, r2, [sp, #48]\n\t"
                     "vmulh.s32 q0, q0, q2\n\t"
                     "vmulh.s32 q1, q1, q2\n\t"
                     "vshl.s32 q0, r0\n\t"
                     "vshl.s32 q1, r0\n\t"
                     "vshr.u32 q2, q0, #31\n\t" /* one more below zero */
                     "vadd.i32 q0, q0, q2\n\t"
                     "vshr.u32 q2, q1, #31\n\t"
                     "vadd.i32 q1, q1, q2\n\t"
                     "vldrh.s32 q2, [r1]\n\t"
                     "vsub.i32 q0, q2, q0\n\t"
                     "vldrh.s32 q2, [r3]\n\t"
                     "vsub.i32 q1, q2, q1\n\t"
                     "vldrw.u32 q2, [sp, #16]\n\t"
                     "vmin.s32 q0, q0, q2\n\t"
                     "vmin.s32 q1, q1, q2\n\t"
                     "vneg.s32 q2, q2\n\t"
                     "vmax.s32 q0, q0, q2\n\t"
                     "vmax.s32 q1, q1, q2\n\t"
                     "vstrh.32 q0, [r1], #8\n\t"
                     "vstrh.32 q1, [r3], #8\n\t"
                     "adds r5, r5, #4\n\t"
                     "adds r7, r7, #4\n\t"
                     "add r9, r9, #4\n\t"
                     "add r11, r11, #4\n\t"
                     "cmp r1, r2\n\t"
                     "bne 1b\n\t"
                     "add sp, #56\n\t"
                     "vpop {d8-d15}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}

/*
 * Any number of samples and any errors. errors: four of the first row and four of the second in
 * turn. offsets: of four samples, the step to the next four, the last sample's. Registers: r1
 * errors, r3 passes left, q3 offsets, the others as above; then r0 and r2 rows.
 */
__attribute__((naked, noinline)) static void
integrad_learn_wide(__attribute__((unused)) const struct integrad_two_rows *rows) {
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r11, lr}\n\t"
                     "vpush {d8-d15}\n\t"
                     "sub sp, #40\n\t"
                     "ldrd r2, r4, [r0, #24]\n\t"
                     "vdup.32 q7, r2\n\t"
                     "vdup.32 q0, r4\n\t"
                     "vstrw.32 q0, [sp]\n\t"
                     "ldrd r2, r4, [r0, #32]\n\t"
                     "strd r2, r4, [sp, #16]\n\t"
                     "ldrd r6, r8, [r0, #40]\n\t"
                     "ldr r10, [r0, #48]\n\t"
                     "strd r6, r10, [sp, #24]\n\t"
                     "vldrw.u32 q6, [r8]\n\t"
                     "vldrw.u32 q4, [r8, #16]\n\t"
                     "vldrw.u32 q5, [r8, #32]\n\t"
                     "ldrd r2, r4, [r0]\n\t"
                     "strd r2, r4, [sp, #32]\n\t"
                     "ldrd r5, r7, [r0, #8]\n\t"
                     "ldrd r9, r11, [r0, #16]\n\t"
                     "1:\n\t"
                     "ldrd r1, r3, [sp, #24]\n\t"
                     "vmov q3, q6\n\t"
                     "clrm {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"
                     "2:\n\t"
                     ".rept 2\n\t"
                     "vldrw.u32 q0, [r1], #32\n\t"
                     "vldrw.u32 q1, [r1, #-16]\n\t"
                     "vldrb.s32 q2, [r5, q3]\n\t"
                     "vmladava.s32 r0, q0, q2\n\t"
                     "vmladava.s32 r8, q1, q2\n\t"
                     "vldrb.s32 q2, [r7, q3]\n\t"
                     "vmladava.s32 r2, q0, q2\n\t"
                     "vmladava.s32 r10, q1, q2\n\t"
                     "vldrb.s32 q2, [r9, q3]\n\t"
                     "vmladava.s32 r4, q0, q2\n\t"
                     "vmladava.s32 r12, q1, q2\n\t"
                     "vldrb.s32 q2, [r11, q3]\n\t"
                     "vmladava.s32 r6, q0, q2\n\t"
                     "vmladava.s32 lr, q1, q2\n\t"
                     "vadd.i32 q3, q3, q4\n\t"
                     "vmin.u32 q3, q3, q5\n\t"
                     ".endr\n\t"
                     "subs r3, r3, #1\n\t"
                     "bne 2b\n\t"
                     "vmov q0[2], q0[0], r0, r4\n\t"
                     "vmov q0[3], q0[1], r2, r6\n\t"
                     "vmov q1[2], q1[0], r8, r12\n\t"
                     "vmov q1[3], q1[1], r10, lr\n\t"
                     "ldrd r0, r2, [sp, #32]\n\t"
                     "ldrd r4, r6, [sp, #16]\n\t"
                     "vabs.s32 q2, q0\n\t"
                     "vmulh.u32 q2, q2, q7\n\t"
                     "vshl.u32 q2, r4\n\t"
                     "vldrh.s32 q3, [r0]\n\t"
                     "vpte.s32 lt, q0, zr\n\t"
                     "vaddt.i32 q3, q3, q2\n\t"
                     "vsube.i32 q3, q3, q2\n\t"
                     "vabs.s32 q2, q1\n\t"
                     "vmulh.u32 q2, q2, q7\n\t"
                     "vshl.u32 q2, r4\n\t"
                     "vldrh.s32 q0, [r2]\n\t"
                     "vpte.s32 lt, q1, zr\n\t"
                     "vaddt.i32 q0, q0, q2\n\t"
                     "vsube.i32 q0, q0, q2\n\t"
                     "vldrw.u32 q1, [sp]\n\t"
                     "vmin.s32 q3, q3, q1\n\t"
                     "vmin.s32 q0, q0, q1\n\t"
                     "vneg.s32 q1, q1\n\t"
                     "vmax.s32 q3, q3, q1\n\t"
                     "vmax.s32 q0, q0, q1\n\t"
                     "vstrh.32 q3, [r0], #8\n\t"
                     "vstrh.32 q0, [r2], #8\n\t"
                     "strd r0, r2, [sp, #32]\n\t"
                     "adds r5, r5, #4\n\t"
                     "adds r7, r7, #4\n\t"
                     "add r9, r9, #4\n\t"
                     "add r11, r11, #4\n\t"
                     "cmp r0, r6\n\t"
                     "bne 1b\n\t"
                     "add sp, #40\n\t"
                     "vpop {d8-d15}\n\t"
                     "pop {r4-r11, pc}" ::
                         : "r0", "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q3", "cc", "memory");
}
