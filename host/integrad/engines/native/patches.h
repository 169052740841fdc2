/* Inputs and weights of blocks in the layout of the products. */
#ifndef INTEGRAD_PATCHES_H
#define INTEGRAD_PATCHES_H

#include "model.h"
#include "products.h"
#include "workspace.h"

/* out (batch, features rounded up): 16-bit copy of x (batch, features), padded with 0. */
void widen(int16_t *out, const int8_t *x, int32_t batch, int32_t features, int32_t threads);

/* weights (outs, features) with aligned rows of whole vectors: in place, or a copy in `packed`. */
const int16_t *whole_rows(int16_t *packed, const int16_t *weights, int32_t outs, int32_t features,
                          int32_t threads);

/* The output of widen() as patches with one position each. */
patches vectors_as_patches(workspace *w, const int16_t *wide, int32_t batch, int32_t features);

/*
 * Input maps (batch, height, width, pitch), whose first channels belong to the stage, as patches in
 * w->wide, in row, column, channel order.
 */
patches maps_as_patches(workspace *w, const stage *s, const int8_t *x, int32_t pitch,
                        int32_t batch);

/* The same as padded maps, in which patches overlap. */
patches padded_maps(workspace *w, const stage *s, const int8_t *x, int32_t pitch, int32_t batch);

/* Index in a row of patches of the weight (channel c, row i, column j). */
size_t patch_index(const stage *s, const patches *p, int32_t c, int32_t i, int32_t j);

/* packed (out_channels, rows * length of p): the weights of a convolution, padded with 0. */
void pack_kernels(int16_t *packed, const stage *s, const patches *p, int32_t threads);

#endif
