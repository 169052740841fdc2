/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_DESCEND_WIDE_H
#define INTEGRAD_DESCEND_WIDE_H

#include "clip.h"
#include "descent.h"

/*
 * Integer SGD: w - gradient / divisor - w / decay_inv, saturated. The quotient is computed bit by
 * bit, because 17 bits saturate any weight and a 64-bit division would be a call of a library
 * function.
 */
static inline int16_t integrad_descend_wide(int16_t w, int64_t gradient,
                                            const struct integrad_descent *descent) {
    uint64_t left = gradient < 0 ? 0u - (uint64_t)gradient : (uint64_t)gradient;
    uint64_t part = (uint64_t)descent->divisor << 16;
    int32_t step = 0;
    for (int bit = 0; bit < 17; bit++, part >>= 1) {
        step <<= 1;
        if (left >= part) {
            left -= part;
            step++;
        }
    }
    int32_t updated = gradient < 0 ? w + step : w - step;
    if (descent->decay_inv > 0) {
        updated -= w / descent->decay_inv;
    }
    return (int16_t)integrad_clip(updated, descent->limit);
}

#endif
