/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_SCALED_WIDE_H
#define INTEGRAD_SCALED_WIDE_H

#include <stdint.h>

/*
 * Products whose sum fits 32 bits, whatever the weights and inputs: 512 * 127 * 32639 < 2^31. A
 * multiple of the values that any kernel processes together.
 */
enum { INTEGRAD_PART = 512 };

/*
 * A sum of n products, limited to 32 bits. This does not change what it becomes as an activation, z
 * / (256 * n) saturated to +-127, since the quotient remains above 127: n is at most 66052, so that
 * 127 * 256 * n < 2^31.
 */
static inline int32_t integrad_limited(int64_t z) {
    return z > INT32_MAX ? INT32_MAX : z < -INT32_MAX ? -INT32_MAX : (int32_t)z;
}

#endif
