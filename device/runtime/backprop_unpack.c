/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_unpack(int8_t *x, const uint8_t *packed, size_t first,
                                              size_t n) {
    packed += first / INTEGRAD_GROUP * INTEGRAD_GROUP_BYTES;
    for (size_t at = first % INTEGRAD_GROUP; n > 0; at = 0, packed += INTEGRAD_GROUP_BYTES) {
        const size_t left = INTEGRAD_GROUP - at, count = n < left ? n : left;
        const int low = (int8_t)packed[0], extent = packed[1];
        int8_t values[4];
        for (int steps = 0; steps < 4; steps++) {
            /* (2 * steps * extent + 3) / 6, for numbers below 2^14 */
            values[steps] = (int8_t)(low + (((int32_t)2 * steps * extent + 3) * 10923 >> 16));
        }
        for (const size_t end = at + count; at < end; at++) {
            *x++ = values[packed[2 + at / 4] >> 2 * (at % 4) & 3];
        }
        n -= count;
    }
}
