/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

/* Sums that are on the stack. */
enum { INTEGRAD_BACKPROP_BIASED_SUMS = 16 };

INTEGRAD_KERNEL void integrad_backprop_dense_biased(int8_t *y, const int8_t *w, const int8_t *bias,
                                                    const int8_t *x,
                                                    const struct integrad_backprop_dense *layer) {
    const struct integrad_backprop_scales *const scales = &layer->scales;
    const size_t most = INTEGRAD_BACKPROP_BIASED_SUMS;
    int32_t sums[INTEGRAD_BACKPROP_BIASED_SUMS];
    for (size_t first = 0; first < layer->units; first += most) {
        const size_t left = layer->units - first, units = left < most ? left : most;
        integrad_dots8(sums, w + first * layer->inputs, x, layer->inputs, units);
        for (size_t o = 0; o < units; o++) {
            sums[o] += INTEGRAD_BACKPROP_BIAS_INPUT * (int32_t)bias[first + o];
        }
        integrad_requantise(y + first, 1, sums, units, scales->output_shift, scales->leak);
    }
}
