/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of integer backpropagation: constants that describe a layer, and functions that all
 * layers of a kind share.
 *
 * Activations, errors and weights are int8 within +-127. Weights are rows, one for each output; the
 * fractions of their masters, if there are any, are an array of the same shape. `count` is the
 * number of samples of a training step; arrays over a batch hold one sample after the other.
 */
#ifndef INTEGRAD_BACKPROP_H
#define INTEGRAD_BACKPROP_H

#include "kernels.h"

/* How a layer scales: by powers of two, so that sums are shifted and not divided. */
struct integrad_backprop_scales {
    int output_shift; /* of sums that become outputs */
    int error_shift;  /* of sums that become errors of the layer below */
    int update_shift; /* of gradients, for a learning rate of 1 */
    int leak;         /* inverse slope of negative outputs; 0: they become 0, 1: they stay */
};

/* A fully connected layer: units x inputs weights, and units biases if it has any. */
struct integrad_backprop_dense {
    size_t inputs, units;
    size_t tile; /* inputs whose sums are computed together */
    struct integrad_backprop_scales scales;
};

/*
 * A convolution and the max-pool that follows it; without a pool, windows have one position. It has
 * a bias for each channel, if any.
 * `shape` is that of one group of the convolution; groups lie one after the other.
 */
struct integrad_backprop_conv {
    struct integrad_shape shape;
    int groups;
    int height, width;               /* of the maxima of one channel */
    int window_height, window_width; /* of a maximum */
    int tile;                        /* maxima of a row that are computed together */
    int hits;                        /* errors of a channel that are gathered together */
    struct integrad_backprop_scales scales;
};

#ifdef __cplusplus
extern "C" {
#endif

/* y = activation(w x). */
INTEGRAD_KERNEL void integrad_backprop_dense_forward(int8_t *y, const int8_t *w, const int8_t *x,
                                                     const struct integrad_backprop_dense *layer);

/* The same with biases. */
INTEGRAD_KERNEL void integrad_backprop_dense_biased(int8_t *y, const int8_t *w, const int8_t *bias,
                                                    const int8_t *x,
                                                    const struct integrad_backprop_dense *layer);

/*
 * Errors of the inputs. below: count x inputs, error: count x units. sums: a tile, and as many
 * bytes as there are units. index: units.
 */
INTEGRAD_KERNEL void integrad_backprop_dense_back(int8_t *below, const int8_t *w,
                                                  const int8_t *error,
                                                  const struct integrad_backprop_dense *layer,
                                                  size_t count, int32_t *sums, uint16_t *index);

/*
 * A dense layer learns from x, count x inputs, and error, count x units. fraction: 0 if there are
 * no masters. rate: binary logarithm of the divisor of gradients. sums: a tile, and `count` bytes.
 * index: count.
 */
INTEGRAD_KERNEL void integrad_backprop_dense_learn(int8_t *w, int8_t *fraction, const int8_t *x,
                                                   const int8_t *error,
                                                   const struct integrad_backprop_dense *layer,
                                                   size_t count, int rate, int32_t *sums,
                                                   uint16_t *index);

/* Biases learn from error, count x outputs x positions: of a dense layer, outputs are units and
 * have one position; of a convolution, they are channels, whose maxima are the positions. */
INTEGRAD_KERNEL void integrad_backprop_bias_learn(int8_t *bias, int8_t *fraction,
                                                  const int8_t *error, size_t outputs,
                                                  size_t positions,
                                                  const struct integrad_backprop_scales *scales,
                                                  size_t count, int rate);

/*
 * y = the maxima of activation(w * x). winners: 0, or for each maximum the position in its window
 * where it comes first. work: bytes for a tile of windows of all channels, if there is a pool, and
 * the workspace of integrad_convolve8.
 */
INTEGRAD_KERNEL void integrad_backprop_conv_forward(int8_t *y, uint8_t *winners, const int8_t *w,
                                                    const int8_t *x,
                                                    const struct integrad_backprop_conv *layer,
                                                    int32_t *work);

/* The same with biases, one for each channel. */
INTEGRAD_KERNEL void integrad_backprop_conv_biased(int8_t *y, uint8_t *winners, const int8_t *w,
                                                   const int8_t *bias, const int8_t *x,
                                                   const struct integrad_backprop_conv *layer,
                                                   int32_t *work);

/*
 * The maxima of `count` windows of one row in all channels. band: channels x window_height x step.
 * winners: 0, or where those of the first channel begin.
 */
INTEGRAD_KERNEL void integrad_backprop_tile(int8_t *y, uint8_t *winners, const int8_t *band,
                                            size_t step, int count,
                                            const struct integrad_backprop_conv *layer);

/*
 * Errors of the inputs. winners: 0 if there is no pool. sums: the inputs, a row of weights, and two
 * bytes for each channel of a group. index: channels of a group.
 */
INTEGRAD_KERNEL void integrad_backprop_conv_back(int8_t *below, const int8_t *w,
                                                 const int8_t *error, const uint8_t *winners,
                                                 const struct integrad_backprop_conv *layer,
                                                 size_t count, int32_t *sums, uint16_t *index);

/* A convolution learns. sums: a row of weights, and two values for each of the hits. */
INTEGRAD_KERNEL void integrad_backprop_conv_learn(int8_t *w, int8_t *fraction, const int8_t *x,
                                                  const int8_t *error, const uint8_t *winners,
                                                  const struct integrad_backprop_conv *layer,
                                                  size_t count, int rate, int32_t *sums);

/*
 * Packed inputs of a sample: for each group of values, in their order, its minimum, its extent and
 * 2 bits per value, from the lowest bits of a byte on. A value is a number of thirds of the extent
 * above the minimum. Only the last group can have fewer values.
 */
enum { INTEGRAD_GROUP = 64, INTEGRAD_GROUP_BYTES = 2 + INTEGRAD_GROUP / 4 };

/* integrad_backprop_unpack returns n values of a sample, from `first` on. */
INTEGRAD_KERNEL void integrad_backprop_pack(uint8_t *packed, const int8_t *x, size_t n);
INTEGRAD_KERNEL void integrad_backprop_unpack(int8_t *x, const uint8_t *packed, size_t first,
                                              size_t n);

/*
 * A layer learns from packed inputs. together: inputs of a dense layer that are unpacked together,
 * channels of a convolution that learn from the same unpacked inputs. sums: their gradients and,
 * dense, these inputs of all samples and `count` bytes; else, two values for each of the hits, and
 * the inputs of a group.
 */
INTEGRAD_KERNEL void
integrad_backprop_dense_learn_packed(int8_t *w, int8_t *fraction, const uint8_t *packed,
                                     const int8_t *error,
                                     const struct integrad_backprop_dense *layer, size_t count,
                                     int rate, int32_t *sums, uint16_t *index, size_t together);
INTEGRAD_KERNEL void integrad_backprop_conv_learn_packed(int8_t *w, int8_t *fraction,
                                                         const uint8_t *packed, const int8_t *error,
                                                         const uint8_t *winners,
                                                         const struct integrad_backprop_conv *layer,
                                                         size_t count, int rate, int32_t *sums,
                                                         size_t together);

/* Errors in front of the activation that gave y: those of outputs that are not positive are
 * divided by leak; a leak of 0 removes them. */
INTEGRAD_KERNEL void integrad_backprop_activation(int8_t *error, const int8_t *y, size_t n,
                                                  int leak);

/* The same for `count` samples of n values, of which only the signs are kept: a bit per value,
 * whether it is positive. The signs of each sample are whole bytes. */
INTEGRAD_KERNEL void integrad_backprop_signs(uint8_t *signs, const int8_t *x, size_t n);
INTEGRAD_KERNEL void integrad_backprop_activation_signs(int8_t *error, const uint8_t *signs,
                                                        size_t n, size_t count, int leak);

/* Errors of what a pool read: below and x are count x inputs, error is count x outputs. */
INTEGRAD_KERNEL void integrad_backprop_maxima(int8_t *below, const int8_t *error, const int8_t *x,
                                              const struct integrad_pool *windows, size_t count);
INTEGRAD_KERNEL void integrad_backprop_averages(int8_t *below, const int8_t *error,
                                                const struct integrad_pool *windows, size_t count);

/*
 * Errors of the scores of one sample, which they replace: of their squared distance from a one-hot
 * target, or of the cross-entropy of their softmax. exponent: scores are multiples of 2^exponent.
 */
INTEGRAD_KERNEL void integrad_backprop_squared_error(int8_t *scores, size_t classes, size_t label,
                                                     int exponent);
INTEGRAD_KERNEL void integrad_backprop_cross_entropy(int8_t *scores, size_t classes, size_t label,
                                                     int exponent);

/* Binary logarithm of a divisor of gradients, rounded down. */
INTEGRAD_KERNEL int integrad_backprop_rate(int32_t learning_rate_inv);

#ifdef __cplusplus
}
#endif

#endif
