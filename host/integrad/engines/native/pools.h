/* Pooling of maps, forward, and where a maximum came from. */
#ifndef INTEGRAD_POOLS_H
#define INTEGRAD_POOLS_H

#include "model.h"

/* Main path: out (batch, height', width', channels) of x (batch, height, width, channels). */
void pool_maps(int8_t *out, const int8_t *x, const pooling *p, int32_t batch, int32_t channels,
               int32_t height, int32_t width, int32_t threads);

/* No cell: a maximum that the padding won. */
enum { PADDING = -1 };

/*
 * In front of a head: features (batch, channels * height' * width') of h (batch, height, width,
 * channels), and for a maximum the cell of the map, row * width + column, that won: the first one
 * in row-major order, padding counting as 0.
 */
void pool_features(int8_t *features, int32_t *winners, const int8_t *h, const pooling *p,
                   int32_t batch, int32_t channels, int32_t height, int32_t width, int32_t threads);

#endif
