/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_AVERAGE_H
#define INTEGRAD_AVERAGE_H

#include "kernels.h"

/* sum / area, truncated toward zero: where there is no divider, by a shift if area allows that. */
static inline int32_t integrad_average(int32_t sum, int32_t area) {
#if INTEGRAD_HAS_M0
    if ((area & (area - 1)) == 0) {
        uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum);
        for (; area > 1; area >>= 1) {
            magnitude >>= 1;
        }
        return sum < 0 ? -(int32_t)magnitude : (int32_t)magnitude;
    }
#endif
    return sum / area;
}

#endif
