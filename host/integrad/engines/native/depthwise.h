/* Depthwise convolutions, with the channels side by side in the lanes of a vector. */
#ifndef INTEGRAD_DEPTHWISE_H
#define INTEGRAD_DEPTHWISE_H

#include "gradients.h"
#include "model.h"
#include "products.h"

/* Whether stage s is a depthwise convolution: one group per input and output channel. */
int depthwise(const stage *s);

/* Number of 16-bit integers of the packed weights. */
size_t depthwise_packed_size(const stage *s);

/*
 * s_out, h (batch, out_height, out_width, channels) of stage s: see scaled_products. p: the padded
 * maps of its input; packed: buffer for its weights.
 */
void depthwise_products(int8_t *s_out, int8_t *h, int16_t *packed, const patches *p, const stage *s,
                        int32_t threads);

/* row (kernel_height * kernel_width) = sum of delta * patch over the entries, in channel o only. */
void depthwise_gradient(double *row, const patches *p, const stage *s, int32_t o,
                        const error_entry *entries, int32_t count);

#endif
