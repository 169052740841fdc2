/* Convolutions. Maps: (batch, height, width, channels); errors and y have those of the output. */
#ifndef INTEGRAD_BACKPROP_CONV_H
#define INTEGRAD_BACKPROP_CONV_H

#include "backprop_buffers.h"

/* maps: receives the padded input. */
void conv_forward(buffers *b, layer *l, int8_t *y, int16_t *maps, const int8_t *x, int32_t batch);

/* below: errors of the input. Only sums at x > 0 count, unless x is NULL. */
void conv_errors(buffers *b, layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                 int32_t batch);

/* maps: the padded input x. exponent: of the product of an input and an error. */
void conv_learn(buffers *b, const layer *l, const int8_t *errors, const int8_t *x,
                const int16_t *maps, int32_t batch, const backprop_rule *r, int32_t exponent);

#endif
