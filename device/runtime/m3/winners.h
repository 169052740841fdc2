/* SPDX-License-Identifier: Apache-2.0 */
INTEGRAD_ASSERT_OFFSET(training, map, 24);
INTEGRAD_ASSERT_OFFSET(training, place, 28);
INTEGRAD_ASSERT_OFFSET(conv_block, relu, 60);
INTEGRAD_ASSERT_OFFSET(conv_block, pool, 68);
INTEGRAD_ASSERT_OFFSET(nitro_relu, alpha_inv, 0);
INTEGRAD_ASSERT_OFFSET(nitro_relu, mean, 4);
INTEGRAD_ASSERT_OFFSET(head_pool, windows, 0);

/*
 * Errors of the features of a max pool, at step->map, go to the positions that won. Returns how
 * many are not 0. Registers: r0 errors of features, r1 r2 errors and places of positions, r3
 * features, r4 next window, r5 error, r6 columns, r7 mean - 1, r8 alpha_inv, r9 from addresses to
 * places, r10 end of the row's features, r11 the largest value that does not win, r12 address of a
 * position, lr its value; sp: r4 and r9 of a window's first line, in_width, row of windows, bytes
 * and places to the next one, width, rows left, map.
 */
__attribute__((naked, noinline)) static size_t
integrad_winners(__attribute__((unused)) const struct integrad_training *step,
                 __attribute__((unused)) const int8_t *s,
                 __attribute__((unused)) const int8_t *features,
                 __attribute__((unused)) const struct integrad_conv_block *block) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "sub sp, sp, #36\n\t"
                     "ldrd r8, r7, [r3, #60]\n\t"
                     "sub r7, r7, #1\n\t"
                     "ldrd r11, r12, [r3, #76]\n\t"
                     "ldrd lr, r5, [r3, #84]\n\t"
                     "ldr r6, [r3, #92]\n\t"
                     "mul r10, r5, r11\n\t"
                     "str r11, [sp, #8]\n\t"
                     "strd r1, r10, [sp, #12]\n\t"
                     "rsb r10, r10, r5, lsl #16\n\t"
                     "strd r10, lr, [sp, #20]\n\t"
                     "str r12, [sp, #28]\n\t"
                     "mov r4, r1\n\t"
                     "mvn r9, r1\n\t"
                     "mov r3, r2\n\t"
                     "add r10, r3, lr\n\t"
                     "ldrd r1, r2, [r0, #24]\n\t"
                     "str r1, [sp, #32]\n\t"
                     "mov r0, r1\n\t"
                     "1:\n\t" /* next window */
                     "ldr r5, [r0], #4\n\t"
                     "ldrsb r11, [r3], #1\n\t"
                     "mov r12, r4\n\t"
                     "add r4, r4, r6\n\t"
                     "cbz r5, 4f\n\t"
                     "adds r11, r11, r7\n\t"
                     "it mi\n\t"
                     "mulmi r11, r11, r8\n\t"
                     "cmp r11, #126\n\t"
                     "bge 4f\n\t" /* nothing passes */
                     "2:\n\t"
                     "ldrsb lr, [r12], #1\n\t"
                     "cmp lr, r11\n\t"
                     "ble 5f\n\t"
                     "add r12, r12, r9\n\t"
                     "3:\n\t" /* the winner */
                     "cmp lr, #0\n\t"
                     "bge 9f\n\t"
                     "sdiv r5, r5, r8\n\t"
                     "cbz r5, 4f\n\t"
                     "9:\n\t"
                     "str r5, [r1], #4\n\t"
                     "str r12, [r2], #4\n\t"
                     "4:\n\t"
                     "cmp r3, r10\n\t"
                     "bne 1b\n\t"
                     "ldrd r4, lr, [sp, #12]\n\t" /* next row */
                     "ldrd r11, r12, [sp, #20]\n\t"
                     "add r4, r4, lr\n\t"
                     "str r4, [sp, #12]\n\t"
                     "add r9, r9, r11\n\t"
                     "add r10, r10, r12\n\t"
                     "ldr lr, [sp, #28]\n\t"
                     "subs lr, lr, #1\n\t"
                     "str lr, [sp, #28]\n\t"
                     "bne 1b\n\t"
                     "ldr r0, [sp, #32]\n\t"
                     "sub r0, r1, r0\n\t"
                     "asr r0, r0, #2\n\t"
                     "add sp, sp, #36\n\t"
                     "pop {r4-r11, pc}\n\t"
                     "5:\n\t"
                     "cmp r12, r4\n\t"
                     "bne 2b\n\t"
                     "strd r4, r9, [sp]\n\t"
                     "6:\n\t" /* next line of the window */
                     "ldr lr, [sp, #8]\n\t"
                     "add r12, r12, lr\n\t"
                     "sub r12, r12, r6\n\t"
                     "add r4, r4, lr\n\t"
                     "sub r9, r9, lr\n\t"
                     "add r9, r9, #65536\n\t"
                     "7:\n\t"
                     "ldrsb lr, [r12], #1\n\t"
                     "cmp lr, r11\n\t"
                     "bgt 8f\n\t"
                     "cmp r12, r4\n\t"
                     "bne 7b\n\t"
                     "b 6b\n\t"
                     "8:\n\t"
                     "add r12, r12, r9\n\t"
                     "ldrd r4, r9, [sp]\n\t"
                     "b 3b");
}
