/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"
#include "clip.h"
#include "rounding.h"

/* Octaves of odds that count, and the smallest exponent for which odds are powers of two. */
enum { INTEGRAD_OCTAVES = 10, INTEGRAD_LEAST_EXPONENT = -6 };

/* A score as a power of two: times log2(e). */
static inline int32_t integrad_backprop_octave(int32_t score, int exponent) {
    const int32_t octave = score * 47274 / 32768;
    if (exponent < 0) {
        return octave / ((int32_t)1 << -exponent);
    }
    /* From 4 on, a difference of 1 exceeds all octaves that count. */
    return octave * ((int32_t)1 << (exponent < 4 ? exponent : 4));
}

/* What softmax divides by the sum over all classes. largest: octave of the largest score. */
static inline int32_t integrad_backprop_odds(int32_t score, int exponent, int32_t largest) {
    if (exponent >= INTEGRAD_LEAST_EXPONENT) {
        const int32_t octave = integrad_backprop_octave(score, exponent) - largest;
        return octave < -INTEGRAD_OCTAVES ? 0 : ((int32_t)1 << (octave + INTEGRAD_OCTAVES)) - 1;
    }
    /* The first terms of the exponential series. */
    const int bits = exponent < -9 ? 9 : -exponent;
    const int32_t value = integrad_rdiv2(score, -exponent - 9);
    return ((int32_t)2 << 2 * bits) + value * ((int32_t)2 << bits) + value * value;
}

static inline int8_t integrad_backprop_rounded(int32_t error) {
    return (int8_t)integrad_clip(integrad_psto(error, 4), 127);
}

INTEGRAD_KERNEL void integrad_backprop_cross_entropy(int8_t *scores, size_t classes, size_t label,
                                                     int exponent) {
    int32_t largest = scores[0], odds = 0, total = 0, labelled = 0;
    for (size_t k = 1; k < classes; k++) {
        largest = scores[k] > largest ? scores[k] : largest;
    }
    if (exponent >= INTEGRAD_LEAST_EXPONENT) {
        largest = integrad_backprop_octave(largest, exponent);
    }
    for (size_t k = 0; k < classes; k++) {
        odds += integrad_backprop_odds(scores[k], exponent, largest);
    }
    for (size_t k = 0; k < classes; k++) {
        const int32_t probability =
            2048 * integrad_backprop_odds(scores[k], exponent, largest) / odds;
        labelled = k == label ? probability : labelled;
        total += probability;
        scores[k] = integrad_backprop_rounded(probability);
    }
    scores[label] = integrad_backprop_rounded(labelled - total);
}
