/* Weight gradients of convolutions, from the errors that are not 0. */
#ifndef INTEGRAD_BACKPROP_SPARSE_H
#define INTEGRAD_BACKPROP_SPARSE_H

#include "backprop_buffers.h"

/* b->gradient, in the order of the weights = sum of error * patch. errors: (batch, out_height,
 * out_width, out_channels); maps: the padded input. */
void sum_sparse_gradient(buffers *b, const layer *l, const int8_t *errors, const int16_t *maps,
                         int32_t batch);

#endif
