/* Updates of weights from their gradient. */
#ifndef INTEGRAD_BACKPROP_UPDATE_H
#define INTEGRAD_BACKPROP_UPDATE_H

#include "backprop_model.h"

/*
 * Update the weights of l from gradient (rows, pitch), whose first `columns` columns count, or
 * store it in l->gradient. exponent: of the product of an input and an error of the layer.
 */
void learn_layer(const layer *l, const int32_t *gradient, size_t rows, size_t pitch, size_t columns,
                 const backprop_rule *r, int32_t exponent, int32_t threads);

/* Adapt a delayed shift to the bit width of the largest sum of a batch. */
void adapt_shift(int8_t *shift, int32_t bits);

#endif
