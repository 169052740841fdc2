/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL void integrad_backprop_pack(uint8_t *packed, const int8_t *x, size_t n) {
    while (n > 0) {
        const size_t most = INTEGRAD_GROUP, count = n < most ? n : most;
        int low = x[0], high = x[0];
        for (size_t i = 1; i < count; i++) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
        const int extent = high - low, half = extent / 2;
        /* The least threefold distances from the minimum that are rounded to each step; where all
         * values are equal, none is reached. */
        const int first = extent > 0 ? extent - half : 1;
        const int second = first + extent, third = second + extent;
        *packed++ = (uint8_t)low;
        *packed++ = (uint8_t)extent;
        for (size_t i = 0; i < count; i += 4) {
            unsigned byte = 0;
            for (size_t j = i; j < i + 4 && j < count; j++) {
                const int distance = 3 * (x[j] - low);
                const int steps = (distance >= first) + (distance >= second) + (distance >= third);
                byte |= (unsigned)steps << 2 * (j - i);
            }
            *packed++ = (uint8_t)byte;
        }
        x += count;
        n -= count;
    }
}
