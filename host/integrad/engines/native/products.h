/* Products of patches and rows of weights, scaled and activated while they are in registers. */
#ifndef INTEGRAD_PRODUCTS_H
#define INTEGRAD_PRODUCTS_H

#include "model.h"

/*
 * Layout of patches in memory: `images` with `positions` patches each. A patch consists of `rows`
 * runs of `length` 16-bit integers, row_step apart; length is a multiple of LANES. offsets: of the
 * patches within an image.
 */
typedef struct {
    const int16_t *x;
    size_t image_step;
    const int32_t *offsets;
    int32_t images, positions;
    int32_t rows, length;
    size_t row_step;
} patches;

/*
 * s (images, positions, pitch) = saturate(tdiv(z, SCALE * fan_in), 127), where z are the products
 * of all patches and all rows of weights (outs, rows * length); if h is not NULL, h =
 * NITRO-ReLU(s). The first `outs` of every `pitch` elements are written. wide: whether products may
 * exceed 32 bits.
 */
void scaled_products(int8_t *s, int8_t *h, const patches *p, const int16_t *weights, int32_t outs,
                     int32_t pitch, int32_t fan_in, int32_t alpha_inv, int32_t mean, int32_t wide,
                     int32_t threads);

/*
 * s (count) = saturate(tdiv(z, 1 / inverse_scale), 127) and, if h is not NULL, h =
 * NITRO-ReLU(s); reciprocal: see nitro_relu.
 */
void activate(int8_t *s, int8_t *h, const int32_t *z, int32_t count, double inverse_scale,
              int32_t reciprocal, int32_t mean);

#endif
