/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_update.h"

INTEGRAD_KERNEL void integrad_backprop_bias_learn(int8_t *bias, int8_t *fraction,
                                                  const int8_t *error, size_t outputs,
                                                  size_t positions,
                                                  const struct integrad_backprop_scales *scales,
                                                  size_t count, int rate) {
    const int shift = rate + scales->update_shift;
    for (size_t o = 0; o < outputs; o++, error += positions) {
        const int8_t *own = error;
        int32_t sum = 0;
        for (size_t b = 0; b < count; b++, own += outputs * positions) {
            for (size_t p = 0; p < positions; p++) {
                sum += own[p];
            }
        }
        sum *= INTEGRAD_BACKPROP_BIAS_INPUT;
        integrad_backprop_update(bias, fraction, o, &sum, 1, shift);
    }
}
