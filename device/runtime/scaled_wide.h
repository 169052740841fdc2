/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_SCALED_WIDE_H
#define INTEGRAD_SCALED_WIDE_H

#include "scaled.h"

/*
 * Products whose sum fits 32 bits, whatever the weights and inputs: 512 * 127 * 32639 < 2^31. A
 * multiple of the values that any kernel processes together.
 */
enum { INTEGRAD_PART = 512 };

/*
 * A sum of n products scaled to an activation: z / (256 * n), saturated to +-127. Truncating twice,
 * z / 256 / n, gives the same. A z / 256 beyond 32 bits is limited to them first, which changes
 * nothing: as n is at most 2^23, the quotient stays above 127.
 */
static inline int8_t integrad_scaled_wide(int64_t z, size_t n) {
    const int64_t whole = z / 256;
    const int32_t limited = whole > INT32_MAX    ? INT32_MAX
                            : whole < -INT32_MAX ? -INT32_MAX
                                                 : (int32_t)whole;
    return integrad_scaled(limited, (int32_t)n);
}

#endif
