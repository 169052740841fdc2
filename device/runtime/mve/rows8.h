/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How rows of weights go over four slots, in two passes of three rows and two slots. Lanes 0 to 3
 * of the results are those of slots 0 and 2 in the first pass at 0 and 2, of slots 1 and 3 in the
 * second one at 1 and 3. Assembly depends on the order.
 */
struct integrad_rows8 {
    int second;          /* from behind a row to where the second pass begins */
    int both, next;      /* bytes of two slots; from behind a row to the next rows */
    int away, by;        /* 1 to round halves away from zero; the shift, negative */
    int rounding, slope; /* the shift of negative values, negative, and what is added before */
    int step, next_out;  /* from output to output of three rows, to those of the next rows */
    const int8_t *last;  /* the last rows, some of which may have been among others already */
    const int8_t *end;   /* of all rows */
    int across;          /* from row to row; 0: three times the same */
    uint32x4_t places;   /* outputs of the lanes, seen from that of the first one */
    const int8_t *bias;  /* of the first row, if there are biases */
    int extra, together; /* from the rows of the first pass to those of the second, to the next */
    int unused;
};
INTEGRAD_ASSERT_OFFSET(rows8, second, 0);
INTEGRAD_ASSERT_OFFSET(rows8, both, 4);
INTEGRAD_ASSERT_OFFSET(rows8, next, 8);
INTEGRAD_ASSERT_OFFSET(rows8, away, 12);
INTEGRAD_ASSERT_OFFSET(rows8, by, 16);
INTEGRAD_ASSERT_OFFSET(rows8, rounding, 20);
INTEGRAD_ASSERT_OFFSET(rows8, slope, 24);
INTEGRAD_ASSERT_OFFSET(rows8, step, 28);
INTEGRAD_ASSERT_OFFSET(rows8, next_out, 32);
INTEGRAD_ASSERT_OFFSET(rows8, last, 36);
INTEGRAD_ASSERT_OFFSET(rows8, end, 40);
INTEGRAD_ASSERT_OFFSET(rows8, across, 44);
INTEGRAD_ASSERT_OFFSET(rows8, places, 48);
INTEGRAD_ASSERT_OFFSET(rows8, bias, 64);
INTEGRAD_ASSERT_OFFSET(rows8, extra, 68);
INTEGRAD_ASSERT_OFFSET(rows8, together, 72);

/*
 * What requantise makes of the products of rows of n weights with slots, which are ceil(n / 16) *
 * 16 bytes apart. Registers: r1 r3 r5 rows, r7 r9 slots, r0 r2 r4 and r6 r8 r10 sums, r11 n, r12
 * out; q4 q5 q6 results of a row, q7 where they go. The first sixteen values of a row, which need
 * no sums to add to, stand behind the loop over the others, to whose beginning they return.
 */
#define INTEGRAD_ROWS8(name, frame, open, first, second, multiply, next, back)                     \
    __attribute__((naked, noinline)) static void name(void) {                                      \
        __asm__ volatile(                                                                          \
            "push {r7, lr}\n\t"                                                                    \
            "sub sp, " frame "\n\t"                                                                \
            "vldrw.32 q0, [r4]\n\t"                                                                \
            "vldrw.32 q1, [r4, #16]\n\t"                                                           \
            "vldrw.32 q2, [r4, #32]\n\t"                                                           \
            "vstrw.32 q0, [sp]\n\t"                                                                \
            "vstrw.32 q1, [sp, #16]\n\t"                                                           \
            "vstrw.32 q2, [sp, #32]\n\t"                                                           \
            "vldrw.32 q7, [r4, #48]\n\t" open "ldr r9, [r4, #4]\n\t"                               \
            "ldr r5, [r4, #44]\n\t"                                                                \
            "mov r7, r2\n\t"                                                                       \
            "add r9, r9, r2\n\t"                                                                   \
            "add r3, r1, r5\n\t"                                                                   \
            "add r5, r5, r3\n\t"                                                                   \
            "b 5f\n\t"                                                                             \
            "1:\n\t"                                                                               \
            "vldrb.8 q0, [r7], #16\n\t"                                                            \
            "vldrb.8 q1, [r9], #16\n\t"                                                            \
            "vldrb.8 q2, [r1], #16\n\t"                                                            \
            "vmladava.s8 r0, q0, q2\n\t"                                                           \
            "vmladava.s8 r6, q1, q2\n\t"                                                           \
            "vldrb.8 q3, [r3], #16\n\t"                                                            \
            "vmladava.s8 r2, q0, q3\n\t"                                                           \
            "vmladava.s8 r8, q1, q3\n\t"                                                           \
            "vldrb.8 q2, [r5], #16\n\t"                                                            \
            "vmladava.s8 r4, q0, q2\n\t"                                                           \
            "vmladava.s8 r10, q1, q2\n\t"                                                          \
            "letp lr, 1b\n\t"                                                                      \
            "2:\n\t"                                                                               \
            "vmov q4[3], q4[1], r0, r6\n\t"                                                        \
            "vmov q5[3], q5[1], r2, r8\n\t"                                                        \
            "vmov q6[3], q6[1], r4, r10\n\t"                                                       \
            "ldrd r0, r2, [sp, #12]\n\t"                                                           \
            "ldrd r4, r6, [sp, #20]\n\t"                                                           \
            "ldrd r8, r10, [sp, #28]\n\t"                                                          \
            "vqdmlah.s32 q4, q4, r0\n\t"                                                           \
            "vqdmlah.s32 q5, q5, r0\n\t"                                                           \
            "vqdmlah.s32 q6, q6, r0\n\t"                                                           \
            "vrshl.s32 q4, r2\n\t"                                                                 \
            "vrshl.s32 q5, r2\n\t"                                                                 \
            "vrshl.s32 q6, r2\n\t"                                                                 \
            "vqmovnb.s32 q4, q4\n\t"                                                               \
            "vqmovnt.s32 q4, q6\n\t"                                                               \
            "vqmovnb.s32 q5, q5\n\t"                                                               \
            "vqmovnb.s16 q4, q4\n\t"                                                               \
            "vqmovnt.s16 q4, q5\n\t"                                                               \
            "vmov.i8 q0, #129\n\t"                                                                 \
            "vmax.s8 q4, q4, q0\n\t"                                                               \
            "vadd.i8 q5, q4, r4\n\t"                                                               \
            "vshl.s8 q5, r6\n\t"                                                                   \
            "vmax.s8 q4, q4, q5\n\t"                                                               \
            "vstrb.32 q4, [r12, q7]\n\t"                                                           \
            "add r12, r12, r8\n\t"                                                                 \
            "vshr.u32 q4, q4, #8\n\t"                                                              \
            "vstrb.32 q4, [r12, q7]\n\t"                                                           \
            "add r12, r12, r8\n\t"                                                                 \
            "vshr.u32 q4, q4, #8\n\t"                                                              \
            "vstrb.32 q4, [r12, q7]\n\t"                                                           \
            "add r12, r12, r10\n\t" next "ldrd r2, r0, [sp, #4]\n\t"                               \
            "sub r7, r7, r2\n\t"                                                                   \
            "sub r9, r9, r2\n\t"                                                                   \
            "add r1, r1, r0\n\t"                                                                   \
            "add r3, r3, r0\n\t"                                                                   \
            "add r5, r5, r0\n\t"                                                                   \
            "ldr r0, [sp, #36]\n\t"                                                                \
            "cmp r1, r0\n\t"                                                                       \
            "bls 5f\n\t"                                                                           \
            "ldr r2, [sp, #40]\n\t"                                                                \
            "cmp r1, r2\n\t"                                                                       \
            "beq 6f\n\t"                                                                           \
            "sub r2, r1, r0\n\t"                                                                   \
            "sub r1, r1, r2\n\t"                                                                   \
            "sub r3, r3, r2\n\t"                                                                   \
            "sub r5, r5, r2\n\t"                                                                   \
            "udiv r2, r2, r11\n\t"                                                                 \
            "mls r12, r2, r8, r12\n\t" back "b 5f\n\t"                                             \
            "6:\n\t"                                                                               \
            "add sp, " frame "\n\t"                                                                \
            "pop {r7, pc}\n\t"                                                                     \
            "3:\n\t"                                                                               \
            "vldrb.8 q0, [r7], #16\n\t"                                                            \
            "vldrb.8 q1, [r9], #16\n\t"                                                            \
            "vldrb.8 q2, [r1], #16\n\t"                                                            \
            "vmladava.s8 r0, q0, q2\n\t"                                                           \
            "vmladava.s8 r6, q1, q2\n\t"                                                           \
            "vldrb.8 q3, [r3], #16\n\t"                                                            \
            "vmladava.s8 r2, q0, q3\n\t"                                                           \
            "vmladava.s8 r8, q1, q3\n\t"                                                           \
            "vldrb.8 q2, [r5], #16\n\t"                                                            \
            "vmladava.s8 r4, q0, q2\n\t"                                                           \
            "vmladava.s8 r10, q1, q2\n\t"                                                          \
            "letp lr, 3b\n\t"                                                                      \
            "4:\n\t"                                                                               \
            "vmov q4[2], q4[0], r0, r6\n\t"                                                        \
            "vmov q5[2], q5[0], r2, r8\n\t"                                                        \
            "vmov q6[2], q6[0], r4, r10\n\t"                                                       \
            "ldr r0, [sp]\n\t"                                                                     \
            "add r1, r1, r0\n\t"                                                                   \
            "add r3, r3, r0\n\t"                                                                   \
            "add r5, r5, r0\n\t" second "dlstp.8 lr, r11\n\t"                                      \
            "vldrb.8 q0, [r7], #16\n\t"                                                            \
            "vldrb.8 q1, [r9], #16\n\t"                                                            \
            "vldrb.8 q2, [r1], #16\n\t" multiply " r0, q0, q2\n\t" multiply " r6, q1, q2\n\t"      \
            "vldrb.8 q3, [r3], #16\n\t" multiply " r2, q0, q3\n\t" multiply " r8, q1, q3\n\t"      \
            "vldrb.8 q2, [r5], #16\n\t" multiply " r4, q0, q2\n\t" multiply " r10, q1, q2\n\t"     \
            "letp lr, 1b\n\t"                                                                      \
            "b 2b\n\t"                                                                             \
            "5:\n\t" first "dlstp.8 lr, r11\n\t"                                                   \
            "vldrb.8 q0, [r7], #16\n\t"                                                            \
            "vldrb.8 q1, [r9], #16\n\t"                                                            \
            "vldrb.8 q2, [r1], #16\n\t" multiply " r0, q0, q2\n\t" multiply " r6, q1, q2\n\t"      \
            "vldrb.8 q3, [r3], #16\n\t" multiply " r2, q0, q3\n\t" multiply " r8, q1, q3\n\t"      \
            "vldrb.8 q2, [r5], #16\n\t" multiply " r4, q0, q2\n\t" multiply " r10, q1, q2\n\t"     \
            "letp lr, 3b\n\t"                                                                      \
            "b 4b" ::                                                                              \
                : "memory");                                                                       \
    }

INTEGRAD_ROWS8(integrad_rows8, "#48", "", "", "", "vmladav.s8", "", "")

/* The first sums of three rows and two slots are their biases, from lr on. */
#define INTEGRAD_BIASES8                                                                           \
    "ldrsb r0, [lr]\n\t"                                                                           \
    "ldrsb r2, [lr, #1]\n\t"                                                                       \
    "ldrsb r4, [lr, #2]\n\t"                                                                       \
    "lsl r0, r0, #6\n\t"                                                                           \
    "lsl r2, r2, #6\n\t"                                                                           \
    "lsl r4, r4, #6\n\t"                                                                           \
    "mov r6, r0\n\t"                                                                               \
    "mov r8, r2\n\t"                                                                               \
    "mov r10, r4\n\t"

INTEGRAD_ROWS8(integrad_biased_rows8, "#64",
               "vldrw.32 q0, [r4, #64]\n\t"
               "vstrw.32 q0, [sp, #48]\n\t",
               "ldr lr, [sp, #48]\n\t" INTEGRAD_BIASES8,
               "ldr lr, [sp, #48]\n\t"
               "ldr r0, [sp, #52]\n\t"
               "add lr, lr, r0\n\t" INTEGRAD_BIASES8,
               "vmladava.s8",
               "ldr r0, [sp, #48]\n\t"
               "ldr r2, [sp, #56]\n\t"
               "add r0, r0, r2\n\t"
               "str r0, [sp, #48]\n\t",
               "ldr r0, [sp, #48]\n\t"
               "sub r0, r0, r2\n\t"
               "str r0, [sp, #48]\n\t")

/* The registers that it expects, and those that it changes. */
#define INTEGRAD_GO_OVER_ROWS8(name, rows8)                                                        \
    INTEGRAD_INLINE void name(int8_t *out, const int8_t *weights, const int8_t *slots, int n,      \
                              const struct integrad_rows8 *rows) {                                 \
        register int8_t *r12 __asm__("r12") = out;                                                 \
        register const int8_t *r1 __asm__("r1") = weights;                                         \
        register const int8_t *r2 __asm__("r2") = slots;                                           \
        register int r11 __asm__("r11") = n;                                                       \
        register const struct integrad_rows8 *r4 __asm__("r4") = rows;                             \
        __asm__ volatile("bl %c[rows]"                                                             \
                         : "+r"(r12), "+r"(r1), "+r"(r2), "+r"(r11), "+r"(r4)                      \
                         : [rows] "i"(rows8)                                                       \
                         : "r0", "r3", "r5", "r6", "r8", "r9", "r10", "lr", "q0", "q1", "q2",      \
                           "q3", "q4", "q5", "q6", "q7", "cc", "memory");                          \
    }

INTEGRAD_GO_OVER_ROWS8(integrad_go_over_rows8, integrad_rows8)
INTEGRAD_GO_OVER_ROWS8(integrad_go_over_biased_rows8, integrad_biased_rows8)
