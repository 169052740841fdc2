/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels, from which the layers of all models are built. Kernels do not allocate memory, keep
 * no state and access only the arrays that they are given.
 *
 * Compile the .c files of this folder together with a model. The linker removes what no model uses
 * (-ffunction-sections, --gc-sections), and models share the rest. If a program must be a single
 * translation unit, define INTEGRAD_ONE_UNIT to make all functions of this folder static functions
 * of the model's own file.
 */
#ifndef INTEGRAD_KERNELS_H
#define INTEGRAD_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "descent.h"
#include "pool.h"
#include "select.h"
#include "shape.h"
#include "window.h"

/* A function whose constant arguments select what remains of it. */
#ifdef __GNUC__
#define INTEGRAD_INLINE __attribute__((always_inline)) static inline
#else
#define INTEGRAD_INLINE static inline
#endif

#ifndef INTEGRAD_ONE_UNIT
#define INTEGRAD_KERNEL
#elif defined(__GNUC__)
#define INTEGRAD_KERNEL __attribute__((unused)) static
#else
#define INTEGRAD_KERNEL static
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The same values as 16-bit integers, the type of the weights. */
INTEGRAD_KERNEL void integrad_widen(int16_t *wide, const int8_t *x, size_t count);

/* s[o * step] = w[o] . x / scale, saturated. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                     size_t outs, size_t n, int32_t scale);

/* s[o * step] = w[o] . x / (256 * n), saturated, for sums of any size. w: outs x n, x: n. */
INTEGRAD_KERNEL void integrad_linear_wide(int8_t *s, size_t step, const int16_t *w,
                                          const int16_t *x, size_t outs, size_t n);

/* z[k] = w[k] . x for four rows of n weights, from row to row `row` values apart; 0: z[0] alone
 * counts. The sums must fit 32 bits. */
INTEGRAD_KERNEL void integrad_dots(int32_t z[4], const int16_t *w, size_t row, const int16_t *x,
                                   size_t n);

/* NITRO-ReLU: slope 1/4 below zero, centred by 36. h may be s. */
INTEGRAD_KERNEL void integrad_activate4(int8_t *h, const int8_t *s, size_t count);

/* The maximum of each pooling window. */
INTEGRAD_KERNEL void integrad_maxima(int8_t *out, const int8_t *x,
                                     const struct integrad_pool *pool);

/* The average of each window of a pool without padding, truncated toward zero. */
INTEGRAD_KERNEL void integrad_averages(int8_t *out, const int8_t *x,
                                       const struct integrad_pool *windows);

/* Class of the largest score; the first wins a tie. */
INTEGRAD_KERNEL int integrad_argmax(const int8_t *scores, size_t classes);

/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map.
 */
INTEGRAD_KERNEL void integrad_gather(int16_t *patch, const int8_t *x,
                                     const struct integrad_shape *shape, int row, int column);

/*
 * A convolution: s = w * x / scale, saturated. patches: buffer for two rows of weights, each
 * rounded up to an even length.
 */
INTEGRAD_KERNEL void integrad_convolve(int8_t *s, const int16_t *w, const int8_t *x,
                                       const struct integrad_shape *shape, int32_t scale,
                                       int16_t *patches);

/* s = w * x / (256 * fan-in), saturated, for sums of any size. patches: as above. */
INTEGRAD_KERNEL void integrad_convolve_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_shape *shape, int16_t *patches);

/*
 * A convolution with one input and one output channel: s = w * x / scale, saturated. band: buffer
 * for as many padded lines of the map as the kernel has, and 8 bytes per step of the stride.
 */
INTEGRAD_KERNEL void integrad_depthwise(int8_t *s, const int16_t *w, const int8_t *x,
                                        const struct integrad_shape *shape, int32_t scale,
                                        int16_t *band);

/*
 * Update a row of n weights, from index `first` on: the gradient of w[i] is the sum over b of
 * delta[b] * x[b][i]. x: count x n.
 */
INTEGRAD_KERNEL void integrad_learn_row(int16_t *w, size_t first, size_t n, const int32_t *delta,
                                        const int8_t *x, size_t count,
                                        const struct integrad_descent *descent);

/*
 * Update rows of weights: the gradient of w[r][i] is the sum over b of delta[r][b] * x[b][i]. w:
 * rows x n, delta: rows x count, x: count x n. delta and work may be overwritten.
 */
INTEGRAD_KERNEL void integrad_learn_rows(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                         const int8_t *x, size_t count,
                                         const struct integrad_descent *descent, int16_t *work,
                                         size_t work_values);

/*
 * The same for errors of any size: rows whose sums may exceed 32 bits are accumulated in 64 bits.
 */
INTEGRAD_KERNEL void integrad_learn_rows_wide(int16_t *w, size_t rows, size_t n, int32_t *delta,
                                              const int8_t *x, size_t count,
                                              const struct integrad_descent *descent, int16_t *work,
                                              size_t work_values);

/*
 * The headroom that remains after these errors. It is negative if the sum of their products with
 * arbitrary inputs may exceed 32 bits, which is possible for very large errors only.
 */
INTEGRAD_KERNEL int32_t integrad_headroom(int32_t headroom, const int32_t *delta, size_t count);

/*
 * Errors of units, propagated through a head: sum[u][b] = sum over the classes k of error[b][k] *
 * head[k][u]. sum: units x count, error: count x classes; rows of head have `features` elements.
 */
INTEGRAD_KERNEL void integrad_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                     size_t units, size_t features, size_t classes, size_t count);

/*
 * Adds the contribution of one sample to the gradient of the weights of one channel: the sum over
 * `count` positions of error times inputs. places: the positions, or 0 for all positions in order.
 */
INTEGRAD_KERNEL void integrad_accumulate(int32_t *gradient, const int8_t *x, const int32_t *delta,
                                         const int32_t *places, size_t count,
                                         const struct integrad_shape *shape);

INTEGRAD_KERNEL void integrad_accumulate_wide(int64_t *gradient, const int8_t *x,
                                              const int32_t *delta, const int32_t *places,
                                              size_t count, const struct integrad_shape *shape);

/* Update a row of n weights from its gradient. */
INTEGRAD_KERNEL void integrad_descend_row(int16_t *w, const int32_t *gradient, size_t n,
                                          const struct integrad_descent *descent);

INTEGRAD_KERNEL void integrad_descend_row_wide(int16_t *w, const int64_t *gradient, size_t n,
                                               const struct integrad_descent *descent);

/* The kernels of integer backpropagation, whose weights, activations and errors are int8. */

/* A bias is the weight of one more input, which has this value. */
enum { INTEGRAD_BACKPROP_BIAS_INPUT = 64 };

/* sums[r] = weights[r] . x. weights: rows x n, x: n. The sums must fit 32 bits. */
INTEGRAD_KERNEL void integrad_dots8(int32_t *sums, const int8_t *weights, const int8_t *x, size_t n,
                                    size_t rows);

/*
 * A weighted sum of rows: sums[i] = sum over k of factors[k] * rows[index[k] * stride + i]. sums:
 * n, index and factors: count. The sums must fit 32 bits.
 */
INTEGRAD_KERNEL void integrad_weigh8(int32_t *sums, size_t n, const int8_t *rows, size_t stride,
                                     const uint16_t *index, const int8_t *factors, size_t count);

/*
 * The inputs of one output position (im2col), in the order of a row of weights; 0 where the kernel
 * extends beyond the map.
 */
INTEGRAD_KERNEL void integrad_gather8(int8_t *patch, const int8_t *x,
                                      const struct integrad_shape *shape, int row, int column);

/*
 * Adds the values of one output position to the inputs that gather8 would read for it (col2im);
 * those beyond the map are dropped.
 */
INTEGRAD_KERNEL void integrad_scatter8(int32_t *map, const int32_t *patch,
                                       const struct integrad_shape *shape, int row, int column);

/*
 * out[i * step] = sums[i] / 2^shift, rounded to the nearest and saturated to +-127; where this is
 * negative, it is divided by `leak`, which is a power of two of up to 16, or becomes 0 if leak is
 * 0. A leak of 1 leaves it as it is. shift: 0 to 31.
 */
INTEGRAD_KERNEL void integrad_requantise(int8_t *out, size_t step, const int32_t *sums, size_t n,
                                         int shift, int leak);

/*
 * A part of a convolution: `count` output positions from row, column on, which are in one row.
 * out[c * step + k] is what requantise makes of the sum of channel c at the k-th position. work: 5
 * * ceil(fan_in / 4) + 2 values.
 */
INTEGRAD_KERNEL void integrad_convolve8(int8_t *out, size_t step, const int8_t *weights,
                                        const int8_t *x, const struct integrad_shape *shape,
                                        int row, int column, int count, int shift, int leak,
                                        int32_t *work);

/* The same with a bias for each channel. */
INTEGRAD_KERNEL void integrad_convolve8_biased(int8_t *out, size_t step, const int8_t *weights,
                                               const int8_t *bias, const int8_t *x,
                                               const struct integrad_shape *shape, int row,
                                               int column, int count, int shift, int leak,
                                               int32_t *work);

/*
 * The maxima of `count` windows of 2 x 2, which lie side by side in two lines. winners: 0, or bytes
 * for two bits per window, from the lowest on: the first position of the maximum, in row-major
 * order.
 */
INTEGRAD_KERNEL void integrad_maxima8(int8_t *maxima, uint8_t *winners, const int8_t *upper,
                                      const int8_t *lower, size_t count);

/*
 * Subtracts gradients from n weights: gradient / 2^shift, rounded pseudo-stochastically. A negative
 * shift, of which at most 15 counts, multiplies. Weights are saturated to +-127.
 */
INTEGRAD_KERNEL void integrad_update8(int8_t *weights, const int32_t *gradient, size_t n,
                                      int shift);

/*
 * Subtracts gradients from n weights of 16 bits, 256 * weights + fraction: gradient / 2^shift,
 * rounded to the nearest. A negative shift, of which at most 15 counts, multiplies. The results are
 * saturated to +-32512, and split so that the fraction is between -128 and 127.
 */
INTEGRAD_KERNEL void integrad_update_master(int8_t *weights, int8_t *fraction,
                                            const int32_t *gradient, size_t n, int shift);

/*
 * The values of x[0], x[step], ... that are not 0, and which ones of the `count` they are. Returns
 * how many. index and values: up to count.
 */
INTEGRAD_KERNEL size_t integrad_compact8(uint16_t *index, int8_t *values, const int8_t *x,
                                         size_t step, size_t count);

#ifdef __cplusplus
}
#endif

#endif
