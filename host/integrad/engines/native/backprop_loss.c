#include "backprop_loss.h"

#include "backprop_rounding.h"

/*
 * Fine errors have units of 2^-11, so that ONE stands for 1; they are rounded to units of 2^-7.
 * From MOST_LEFT bits on, the saturation hides how far scores are shifted.
 */
enum {
    FINE_BITS = 11,
    ONE = 1 << FINE_BITS,
    FINE_LIMIT = ONE - 1,
    DROPPED_BITS = 4,
    MOST_LEFT = 20
};

/* Base-2 logarithm of e in units of 2^-15; scores that are this many octaves below the largest one
 * have no probability. */
enum { LOG2_E = 47274, LOG2_E_BITS = 15, OCTAVES = 10, LARGEST_SMALL = 9, SMALL_SCORES = -7 };

static int32_t squared_fine(int32_t o, int target, int32_t exponent) {
    const int32_t shift = exponent + FINE_BITS;
    const int32_t left = shift < MOST_LEFT ? shift : MOST_LEFT;
    const int32_t scaled = shift >= 0 ? o * (1 << left) : rounded_shift(o, -shift);
    const int32_t fine = scaled - (target ? ONE : 0);
    return fine > FINE_LIMIT ? FINE_LIMIT : fine < -FINE_LIMIT ? -FINE_LIMIT : fine;
}

/* Score in octaves. */
static int32_t octaves(int32_t o, int32_t exponent) {
    const int32_t s = o * LOG2_E / (1 << LOG2_E_BITS);
    return exponent >= 0 ? s * (1 << (exponent < MOST_LEFT ? exponent : MOST_LEFT))
                         : s / (1 << -exponent);
}

/* A multiple of the probability of a score; `most`: the largest score in octaves. */
static int64_t likelihood(int32_t o, int32_t exponent, int32_t most) {
    if (exponent > SMALL_SCORES) {
        const int32_t above = octaves(o, exponent) - (most - OCTAVES);
        return (1 << (above > 0 ? above : 0)) - 1;
    }
    const int32_t k = -exponent < LARGEST_SMALL ? -exponent : LARGEST_SMALL;
    const int64_t small = rounded_shift(o, -exponent - LARGEST_SMALL);
    return (INT64_C(1) << (1 + 2 * k)) + small * (1 << (1 + k)) + small * small;
}

static void cross_entropy_fine(int32_t *fine, const int8_t *scores, int32_t label, int32_t classes,
                               int32_t exponent) {
    int32_t most = 0;
    int64_t all = 0;
    if (exponent > SMALL_SCORES) {
        for (int32_t g = 0; g < classes; g++) {
            const int32_t own = octaves(scores[g], exponent);
            most = g == 0 || own > most ? own : most;
        }
    }
    for (int32_t g = 0; g < classes; g++) {
        all += likelihood(scores[g], exponent, most);
    }
    int32_t sum = 0;
    for (int32_t g = 0; g < classes; g++) {
        fine[g] = (int32_t)(ONE * likelihood(scores[g], exponent, most) / all);
        sum += fine[g];
    }
    fine[label] -= sum;
}

void output_errors(score *result, int8_t *errors, const int8_t *scores, const int32_t *labels,
                   int32_t batch, int32_t classes, int32_t exponent, int32_t cross_entropy) {
    *result = (score){0, 0};
    for (int32_t b = 0; b < batch; b++, scores += classes, errors += classes) {
        int32_t fine[classes], best = 0;
        if (cross_entropy) {
            cross_entropy_fine(fine, scores, labels[b], classes, exponent);
        }
        for (int32_t g = 0; g < classes; g++) {
            if (!cross_entropy) {
                fine[g] = squared_fine(scores[g], g == labels[b], exponent);
            }
            result->loss += (int64_t)fine[g] * fine[g];
            const int32_t error = pseudo_stochastic_shift(fine[g], DROPPED_BITS);
            errors[g] = (int8_t)(error > INT8_LIMIT    ? INT8_LIMIT
                                 : error < -INT8_LIMIT ? -INT8_LIMIT
                                                       : error);
            best = scores[g] > scores[best] ? g : best;
        }
        result->correct += best == labels[b];
    }
}
