/* SPDX-License-Identifier: Apache-2.0 */
/* What two positions get from a line of four inputs, and from a line of weights: the outer two as a
 * pair, and the middle one. */
static inline void integrad_depthwise_three(int32_t *z, int32_t *other, const int8_t *line,
                                            int32_t outer, int32_t middle) {
    int32_t even, odd; /* inputs 0 and 2, 1 and 3 */
    __builtin_memcpy(&odd, line, 4);
    __asm__("sxtb16 %[even], %[odd]\n\t"
            "sxtb16 %[odd], %[odd], ror #8\n\t"
            "smlad %[z], %[even], %[outer], %[z]\n\t"
            "smlabb %[z], %[odd], %[middle], %[z]\n\t"
            "smlad %[other], %[odd], %[outer], %[other]\n\t"
            "smlatb %[other], %[even], %[middle], %[other]"
            : [z] "+r"(*z), [other] "+r"(*other), [even] "=&r"(even), [odd] "+r"(odd)
            : [outer] "r"(outer), [middle] "r"(middle)
            : "cc");
}

/* Two weights as a pair. */
static inline int32_t integrad_outer(const int16_t *w) {
    int32_t pair;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(w[0]), "r"(w[2]));
    return pair;
}

/* Positions of a row with 3x3 inputs, in lines a, b and c; two at a time for stride 1. */
static inline void integrad_depthwise_nine(int8_t *s, const int16_t *w, const int8_t *a,
                                           const int8_t *b, const int8_t *c, int width, int stride,
                                           int32_t scale) {
    const int32_t outer[] = {integrad_outer(w), integrad_outer(w + 3), integrad_outer(w + 6)};
    for (; stride == 1 && width >= 2; width -= 2, a += 2, b += 2, c += 2) {
        int32_t z = 0, other = 0;
        integrad_depthwise_three(&z, &other, a, outer[0], w[1]);
        integrad_depthwise_three(&z, &other, b, outer[1], w[4]);
        integrad_depthwise_three(&z, &other, c, outer[2], w[7]);
        *s++ = integrad_scaled(z, scale);
        *s++ = integrad_scaled(other, scale);
    }
    for (; width > 0; width--, a += stride, b += stride, c += stride) {
        int32_t z = w[0] * a[0] + w[1] * a[1] + w[2] * a[2];
        z += w[3] * b[0] + w[4] * b[1] + w[5] * b[2];
        z += w[6] * c[0] + w[7] * c[1] + w[8] * c[2];
        *s++ = integrad_scaled(z, scale);
    }
}
