/* SPDX-License-Identifier: Apache-2.0 */
/* The products of a line of four inputs and a line of weights for two positions. */
static inline void integrad_depthwise_three(int32_t *z, int32_t *other, const int8_t *line,
                                            const int16_t *w) {
    int32_t input, next, weight;
    __asm__("ldrsh %[weight], [%[w]]\n\t"
            "ldrsb %[input], [%[line]]\n\t"
            "ldrsb %[next], [%[line], #1]\n\t"
            "mla %[z], %[input], %[weight], %[z]\n\t"
            "mla %[other], %[next], %[weight], %[other]\n\t"
            "ldrsh %[weight], [%[w], #2]\n\t"
            "ldrsb %[input], [%[line], #2]\n\t"
            "mla %[z], %[next], %[weight], %[z]\n\t"
            "mla %[other], %[input], %[weight], %[other]\n\t"
            "ldrsh %[weight], [%[w], #4]\n\t"
            "ldrsb %[next], [%[line], #3]\n\t"
            "mla %[z], %[input], %[weight], %[z]\n\t"
            "mla %[other], %[next], %[weight], %[other]"
            : [z] "+r"(*z), [other] "+r"(*other), [input] "=&r"(input), [next] "=&r"(next),
              [weight] "=&r"(weight)
            : [line] "r"(line), [w] "r"(w), "m"(*(const int8_t(*)[4])line),
              "m"(*(const int16_t(*)[3])w));
}

/* Positions of a row with 3x3 inputs, in lines a, b and c; two at a time for stride 1. */
static inline void integrad_depthwise_nine(int8_t *s, const int16_t *w, const int8_t *a,
                                           const int8_t *b, const int8_t *c, int width, int stride,
                                           int32_t scale) {
    for (; stride == 1 && width >= 2; width -= 2, a += 2, b += 2, c += 2) {
        int32_t z = 0, other = 0;
        integrad_depthwise_three(&z, &other, a, w);
        integrad_depthwise_three(&z, &other, b, w + 3);
        integrad_depthwise_three(&z, &other, c, w + 6);
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
