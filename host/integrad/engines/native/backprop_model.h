/*
 * The interface between the host and the native engine of backpropagation: the layers of a network,
 * a rule, and the result of a step. backprop_structs.py mirrors these structs field by field.
 *
 * Maps are int8 (batch, height, width, channels); vectors int8 (batch, features).
 */
#ifndef INTEGRAD_BACKPROP_MODEL_H
#define INTEGRAD_BACKPROP_MODEL_H

#include "model.h"

/* Indices of the scales of a layer. */
enum { WEIGHT_EXPONENT, OUTPUT_SHIFT, ERROR_SHIFT };

enum { NO_MAXIMUM = -1 };

/* A bias is the weight of one more input, which has this value. */
enum { BIAS_INPUT = 64 };

typedef struct {
    int32_t kind; /* see model.h; the output layer is the last layer, DENSE */
    int32_t is_output;
    int32_t channels, height, width;             /* of the input; a vector has channels only */
    int32_t out_channels, out_height, out_width; /* of the output */
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t padding_height, padding_width;
    int32_t groups;
    int32_t leak;                        /* inverse slope of negative activations, 0 for none */
    int32_t window_height, window_width; /* of a pool */
    int32_t keep_scale;                  /* of a dropout, see model.h */
    int32_t learns;
    int32_t sum_bits, error_bits; /* results: bit widths of the largest |sum|, or NO_MAXIMUM */
    int8_t *weights;  /* (out_channels, channels / groups, kernel_height, kernel_width) */
    int8_t *fraction; /* low bytes of the weights, or NULL */
    int8_t *bias, *bias_fraction; /* the same for biases (out_channels), or NULL */
    int8_t *scales;
    int64_t *gradient; /* if not NULL, receives the gradient, and nothing is updated */
    int64_t *bias_gradient;
    const uint8_t *kept; /* dropout: (batch, channels, height, width), NULL keeps all */
} layer;

typedef struct {
    layer *layers;
    int32_t count;
    int32_t classes;
} chain;

/* cross_entropy: the loss, else squared error. normalised: updates of a few bits, else exact
 * updates. rate: base-2 logarithm of the divisor of the gradients. delayed: the shifts of layers
 * that learn are adapted after a step, else they are constant. */
typedef struct {
    int32_t cross_entropy, normalised, rate, delayed;
} backprop_rule;

#endif
