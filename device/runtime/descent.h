/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_DESCENT_H
#define INTEGRAD_DESCENT_H

#include <stdint.h>

/* Update rule of the weights of a layer; `limit` is the saturation limit. */
struct integrad_descent {
    int32_t limit;
    int32_t divisor;
    int32_t decay_inv;
};

#endif
