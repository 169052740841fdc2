/* Updates of weights from their gradient. */
#ifndef INTEGRAD_BACKPROP_UPDATE_H
#define INTEGRAD_BACKPROP_UPDATE_H

#include "backprop_model.h"

/* Of the weights of a layer: (rows, pitch), whose first `columns` columns count; of its biases, if
 * it has any: (rows). */
typedef struct {
    const int32_t *weights, *bias;
    size_t rows, pitch, columns;
} layer_gradients;

/*
 * Update the weights and biases of l, or store the gradients in l->gradient and l->bias_gradient.
 * exponent: of the product of an input and an error of the layer.
 */
void learn_layer(const layer *l, const layer_gradients *g, const backprop_rule *r, int32_t exponent,
                 int32_t threads);

/* Adapt a delayed shift to the bit width of the largest sum of a batch. */
void adapt_shift(int8_t *shift, int32_t bits);

#endif
