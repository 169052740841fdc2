/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_signs(uint8_t *signs, const int8_t *x, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        unsigned byte = 0;
        for (size_t j = i; j < i + 8 && j < n; j++) {
            byte |= (unsigned)(x[j] > 0) << (j - i);
        }
        *signs++ = (uint8_t)byte;
    }
}
