/* SPDX-License-Identifier: Apache-2.0 */
#include "gather_two.h"

/* s = w * x / scale, saturated. patches: two rows of weights, each rounded up to an even length. */
INTEGRAD_KERNEL void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, int32_t scale,
                                       int16_t *patches);
#define INTEGRAD_CONVOLVE integrad_convolve
#define INTEGRAD_TWO_VECTORS integrad_linear2
#define INTEGRAD_ONE_VECTOR integrad_linear
#include "position_pairs.h"
