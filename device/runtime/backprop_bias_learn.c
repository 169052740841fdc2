/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_update.h"

INTEGRAD_KERNEL void integrad_backprop_bias_learn(int8_t *bias, int8_t *fraction,
                                                  const int8_t *error,
                                                  const struct integrad_backprop_dense *layer,
                                                  size_t count, int rate) {
    const size_t units = layer->units;
    const int shift = rate + layer->scales.update_shift;
    for (size_t o = 0; o < units; o++) {
        int32_t sum = 0;
        for (size_t b = 0; b < count; b++) {
            sum += error[b * units + o];
        }
        sum *= INTEGRAD_BACKPROP_BIAS_INPUT;
        integrad_backprop_update(bias, fraction, o, &sum, 1, shift);
    }
}
