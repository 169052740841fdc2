/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M3_SCALE8_H
#define INTEGRAD_M3_SCALE8_H

/*
 * Assembly of what requantise does to the sum z, in two parts: the second one, for negative sums,
 * lies elsewhere. shift: a register with the shift, or 32 instead of 31; leak: one with the
 * logarithm of the leak, or 7 and more if that is 0. away, back: numbers for labels.
 */
#define INTEGRAD_SCALE8(z, shift, leak, away, back)                                                \
    "cmn " z ", #0\n\t" /* clears the carry, which a shift of 0 keeps */                           \
    "bmi " away "f\n\t"                                                                            \
    "lsrs " z ", " z ", " shift "\n\t"                                                             \
    "adc " z ", " z ", #0\n\t"                                                                     \
    "usat " z ", #7, " z "\n\t" back ":\n\t"

#define INTEGRAD_SCALE8_NEGATIVE(z, shift, leak, away, back)                                       \
    away ":\n\t"                                                                                   \
         "rsb " z ", " z ", #0\n\t"                                                                \
         "lsrs " z ", " z ", " shift "\n\t"                                                        \
         "adc " z ", " z ", #0\n\t"                                                                \
         "usat " z ", #7, " z "\n\t"                                                               \
         "lsr " z ", " z ", " leak "\n\t"                                                          \
         "rsb " z ", " z ", #0\n\t"                                                                \
         "b " back "b\n\t"

/* The numbers that it takes. */
static inline uint32_t integrad_shift_of(int shift) {
    return shift < 31 ? (uint32_t)shift : 32;
}

static inline uint32_t integrad_leak_of(int leak) {
    return leak > 0 ? 31 - (uint32_t)__builtin_clz((unsigned)leak) : 7;
}

/* What rows8 knows of a layer and of its rows. The assembly depends on the order of the members. */
struct integrad_layer8 {
    size_t n, step;
    uint32_t shift, leak; /* as INTEGRAD_SCALE8 takes them */
    size_t apart;         /* bytes from patch to patch */
    const int8_t *end;    /* of the weights */
    const int8_t *bias;   /* of the next two rows, which go on with the ones after it */
};
INTEGRAD_ASSERT_OFFSET(layer8, n, 0);
INTEGRAD_ASSERT_OFFSET(layer8, step, 4);
INTEGRAD_ASSERT_OFFSET(layer8, shift, 8);
INTEGRAD_ASSERT_OFFSET(layer8, leak, 12);
INTEGRAD_ASSERT_OFFSET(layer8, apart, 16);
INTEGRAD_ASSERT_OFFSET(layer8, end, 20);
INTEGRAD_ASSERT_OFFSET(layer8, bias, 24);

#endif
