/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_activation(int8_t *error, const int8_t *y, size_t n,
                                                  int leak) {
    int shift = leak ? 0 : 7; /* errors have seven bits */
    while (leak > 1 << shift) {
        shift++;
    }
    for (size_t i = 0; i < n; i++) {
        if (y[i] <= 0) {
            const int magnitude = error[i] < 0 ? -error[i] : error[i];
            const int less = magnitude >> shift;
            error[i] = (int8_t)(error[i] < 0 ? -less : less);
        }
    }
}
