/* Sums to int8. */
#ifndef INTEGRAD_BACKPROP_REQUANTISE_H
#define INTEGRAD_BACKPROP_REQUANTISE_H

#include <stddef.h>

#include "backprop_model.h"

/* out (count) = sums / 2^shift, rounded and saturated. Returns the largest |sum|. */
uint32_t requantise(int8_t *out, const int32_t *sums, size_t count, int32_t shift);

/* The same with sums of 0 where x (count) <= 0. */
uint32_t requantise_where(int8_t *out, const int32_t *sums, const int8_t *x, size_t count,
                          int32_t shift);

/* In place: x where x > 0, else x / leak. */
void activate_leaky(int8_t *x, size_t count, int32_t leak);

/* In place: error where y > 0, else error / leak. */
void activate_leaky_backward(int8_t *error, const int8_t *y, size_t count, int32_t leak);

#endif
