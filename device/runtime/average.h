#ifndef INTEGRAD_AVERAGE_H
#define INTEGRAD_AVERAGE_H

#include "kernels.h"

/* n of area = 2^n; -1 where it is no power of two. */
static inline int integrad_shift_of(int area) {
    int shift = 0;
    while ((area >> shift) > 1) {
        shift++;
    }
    return (1 << shift) == area ? shift : -1;
}

/* sum / area, truncated toward zero; without a division where area is 2^shift. */
static inline int32_t integrad_average(int32_t sum, int area, int shift) {
    if (shift < 0) {
        return sum / area;
    }
    return sum < 0 ? -(-sum >> shift) : sum >> shift;
}

#endif
