/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_activation_signs(int8_t *error, const uint8_t *signs,
                                                        size_t n, size_t count, int leak) {
    int8_t y[8];
    for (; count > 0; count--) {
        for (size_t i = 0, together; i < n; i += 8, error += together, signs++) {
            together = n - i < 8 ? n - i : 8;
            for (int j = 0; j < 8; j++) {
                y[j] = (int8_t)(*signs >> j & 1);
            }
            integrad_backprop_activation(error, y, together, leak);
        }
    }
}
