/* Fully connected layers. x: (batch, channels), y and errors: (batch, out_channels). */
#ifndef INTEGRAD_BACKPROP_DENSE_H
#define INTEGRAD_BACKPROP_DENSE_H

#include "backprop_buffers.h"

void dense_forward(buffers *b, layer *l, int8_t *y, const int8_t *x, int32_t batch);

/* below: (batch, channels). Only sums at x > 0 count, unless x is NULL. */
void dense_errors(buffers *b, layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                  int32_t batch);

/* exponent: of the product of an input and an error. A pointwise convolution is learnt as well,
 * with its positions as samples. */
void dense_learn(buffers *b, const layer *l, const int8_t *errors, const int8_t *x, int32_t batch,
                 const backprop_rule *r, int32_t exponent);

#endif
