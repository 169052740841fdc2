/* Biases: weights of one more input of each output, which is always BIAS_INPUT. */
#ifndef INTEGRAD_BACKPROP_BIASES_H
#define INTEGRAD_BACKPROP_BIASES_H

#include "backprop_model.h"

/* sums (rows, pitch), whose first `count` columns are those of `count` biases. */
void add_biases(int32_t *sums, size_t pitch, const int8_t *bias, int32_t rows, int32_t count);

/* gradient (out_channels), if the layer has biases. errors (rows, out_channels): of all samples
 * and positions. */
void sum_bias_gradient(int32_t *gradient, const layer *l, const int8_t *errors, int32_t rows);

#endif
