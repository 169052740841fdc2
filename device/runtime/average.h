/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_AVERAGE_H
#define INTEGRAD_AVERAGE_H

#include "kernels.h"

/* Bits by which integrad_average() shifts. It divides where this is 0: where there is a divider, or
 * where the area is no power of two. */
static inline int integrad_average_shift(int32_t area) {
    int shift = 0;
#if INTEGRAD_HAS_M0
    if ((area & (area - 1)) == 0) {
        for (; area > 1; area >>= 1) {
            shift++;
        }
    }
#endif
    (void)area;
    return shift;
}

/* sum / area, truncated toward zero. */
static inline int32_t integrad_average(int32_t sum, int32_t area, int shift) {
#if INTEGRAD_HAS_M0
    if (shift > 0) {
        return (sum + ((sum >> 31) & (area - 1))) >> shift;
    }
#endif
    (void)shift;
    return sum / area;
}

#endif
