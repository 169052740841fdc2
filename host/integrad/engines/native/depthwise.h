/* Depthwise convolutions: every channel by itself, all side by side in the lanes of a vector. */
#ifndef INTEGRAD_DEPTHWISE_H
#define INTEGRAD_DEPTHWISE_H

#include "gradients.h"
#include "model.h"
#include "products.h"

/* Whether stage s is one: as many groups as channels that come in, and that go out. */
int depthwise(const stage *s);

/* 16-bit integers that the weights take as the products read them. */
size_t depthwise_packed_room(const stage *s);

/*
 * s_out, h (batch, out_height, out_width, channels) of stage s: see scaled_products. p: the padded
 * maps of its input; packed: room for its weights.
 */
void depthwise_products(int8_t *s_out, int8_t *h, int16_t *packed, const patches *p, const stage *s,
                        int32_t threads);

/* row (kernel_height * kernel_width) = sum over the entries of delta * patch in channel o alone. */
void depthwise_gradient(double *row, const patches *p, const stage *s, int32_t o,
                        const error_entry *entries, int32_t count);

#endif
