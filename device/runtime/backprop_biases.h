/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_BIASES_H
#define INTEGRAD_BACKPROP_BIASES_H

#include "backprop.h"

/* Sums that are on the stack. */
enum { INTEGRAD_BACKPROP_BIASED_SUMS = 16 };

static inline void integrad_backprop_add_biases(int32_t *sums, const int8_t *bias, size_t n) {
    for (size_t o = 0; o < n; o++) {
        sums[o] += INTEGRAD_BACKPROP_BIAS_INPUT * (int32_t)bias[o];
    }
}

#endif
