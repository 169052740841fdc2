/* Forward pooling of maps, and the positions of maxima. */
#ifndef INTEGRAD_POOLS_H
#define INTEGRAD_POOLS_H

#include "model.h"

/* Pooling stage: out (batch, height', width', channels) of x (batch, height, width, channels). */
void pool_maps(int8_t *out, const int8_t *x, const pooling *p, int32_t batch, int32_t channels,
               int32_t height, int32_t width, int32_t threads);

/* Not a cell of the map: the maximum is in the padding. */
enum { PADDING = -1 };

/*
 * In front of a head: features (batch, channels * height' * width') of h (batch, height, width,
 * channels) and, for max-pooling, the cell of each maximum, row * width + column: the first one in
 * row-major order, with padding counting as 0.
 */
void pool_features(int8_t *features, int32_t *maximum_cells, const int8_t *h, const pooling *p,
                   int32_t batch, int32_t channels, int32_t height, int32_t width, int32_t threads);

#endif
