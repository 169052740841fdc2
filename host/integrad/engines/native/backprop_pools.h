/* Pools of maps (batch, height, width, channels). */
#ifndef INTEGRAD_BACKPROP_POOLS_H
#define INTEGRAD_BACKPROP_POOLS_H

#include "backprop_model.h"

void pool_forward(const layer *l, int8_t *y, const int8_t *x, int32_t batch, int32_t threads);

/* below: errors of the input x, from those of the output y. */
void pool_backward(const layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                   const int8_t *y, int32_t batch, int32_t threads);

#endif
