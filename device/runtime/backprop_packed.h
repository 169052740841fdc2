/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_PACKED_H
#define INTEGRAD_BACKPROP_PACKED_H

#include "backprop.h"

/* Bytes of n packed values. */
static inline size_t integrad_backprop_packed_size(size_t n) {
    const size_t rest = n % INTEGRAD_GROUP;
    return n / INTEGRAD_GROUP * INTEGRAD_GROUP_BYTES + (rest ? 2 + (rest + 3) / 4 : 0);
}

#endif
