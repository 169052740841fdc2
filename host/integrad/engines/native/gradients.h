/* Weight gradients: exact sums over the batch, one row of weights at a time. */
#ifndef INTEGRAD_GRADIENTS_H
#define INTEGRAD_GRADIENTS_H

#include "model.h"
#include "products.h"

/* How weights are updated from their gradient, or where the gradient is stored instead. */
typedef struct {
    int16_t *weights;
    int64_t *gradient; /* NULL to update the weights */
    double rate, decay;
    int32_t limit;
} descent;

/*
 * W <- saturate(W - tdiv(g, 1 / rate) - tdiv(W, 1 / decay), limit) for `count` weights from index
 * `at` on; g contains integers below 2^49.
 */
void descend(const descent *d, size_t at, const double *g, int32_t count);

/* The same for stored gradients. g: (count). */
void descend_kept(const descent *d, const int64_t *g, size_t count);

/* An error and the offset of its patch. */
typedef struct {
    size_t patch;
    int32_t delta;
} error_entry;

/*
 * Gradient of a dense layer: row u is the sum over b of delta[b][u] * x[b]. delta: (batch, units),
 * x: int8 (batch, features). pairs, digits: buffers for 16-bit copies of x and delta, see below.
 */
void dense_gradient(const descent *d, const int32_t *delta, const int8_t *x, int32_t batch,
                    int32_t units, int32_t features, int16_t *pairs, int32_t *digits,
                    int32_t threads);

/* Number of elements of `pairs` and `digits`. */
size_t dense_pairs_size(int32_t batch, int32_t features);
size_t dense_digits_size(int32_t batch, int32_t units);

/*
 * row (rows * length of p) = sum of delta * patch over the entries; pairs: buffer for 3 * (entries
 * + 1) / 2 elements. entries has space for one more entry.
 */
void sparse_gradient(double *row, const patches *p, error_entry *entries, int32_t count,
                     int32_t *pairs);

#endif
