/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of NITRO-D: constants that describe a layer, and functions that all layers of a kind
 * share. A model is a table of such constants and a sequence of calls.
 *
 * Activations are int8 within +-127. Weights are rows of int16, one for each output. `count` is the
 * number of samples of a training step; arrays over a batch hold one sample after the other.
 */
#ifndef INTEGRAD_NITRO_H
#define INTEGRAD_NITRO_H

#include "kernels.h"

/* What the labelled class should score; all others 0. */
enum { INTEGRAD_TARGET = 32 };

/* NITRO-ReLU: slope 1 / alpha_inv below zero, centred by mean. */
struct integrad_nitro_relu {
    int32_t alpha_inv;
    int32_t mean;
};

/* A dense layer, a learning head or the output layer: outputs x inputs weights. */
struct integrad_dense {
    size_t inputs, outputs;
    int32_t scale; /* divisor of its sums */
    int32_t limit; /* largest magnitude of a weight */
};

/* A convolution. `shape` is that of one of its groups, which lie one after the other. */
struct integrad_conv {
    struct integrad_shape shape;
    int groups;
    int32_t scale;
    int32_t limit;
};

/* The pool between a convolution and its head. Windows may hang over the edges of the map by a
 * padding of zeros. */
struct integrad_head_pool {
    struct integrad_pool windows;
    int padding_height, padding_width;
};

/* How fast weights follow: w - gradient / divisor - w / decay_inv; a decay_inv of 0 is no decay. */
struct integrad_rate {
    int32_t divisor;
    int32_t decay_inv;
};

/* What all layers that learn in one step share. */
struct integrad_training {
    size_t count;
    size_t classes;
    size_t rows;            /* rows of weights that learn together */
    size_t work_values;     /* 16-bit values in the workspace of such rows */
    int16_t *error;         /* count x classes: errors of the scores of one head */
    int32_t *delta;         /* rows x count: errors of those rows */
    int32_t *map;           /* errors of one channel's map */
    int32_t *place;         /* their positions, where only some have an error */
    int32_t *pooled;        /* errors of what an average pool makes of the map */
    int32_t *gradient;      /* of one row of weights */
    int64_t *wide_gradient; /* of a row whose sums may exceed 32 bits */
    struct integrad_rate block, head;
};

#ifdef __cplusplus
extern "C" {
#endif

/* h = NITRO-ReLU(s); h may be s. */
INTEGRAD_KERNEL void integrad_activate(int8_t *h, const int8_t *s, size_t count,
                                       const struct integrad_nitro_relu *relu);

/* s = saturate(w x / scale). work: x in 16 bits. */
INTEGRAD_KERNEL void integrad_dense_forward(int8_t *s, const int16_t *w, const int8_t *x,
                                            const struct integrad_dense *layer, int16_t *work);

/* The same for sums that may exceed 32 bits, and a scale of 256 * inputs. */
INTEGRAD_KERNEL void integrad_dense_forward_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                                 const struct integrad_dense *layer, int16_t *work);

/*
 * A dense block learns from its head's errors. x: count x inputs, s: count x outputs, head: weights
 * of its head, classes x outputs.
 */
INTEGRAD_KERNEL void integrad_dense_learn(int16_t *w, const int16_t *head, const int8_t *x,
                                          const int8_t *s, const struct integrad_dense *layer,
                                          int32_t alpha_inv, const struct integrad_training *step,
                                          int16_t *work);

/* The same where a sum of its gradients may exceed 32 bits. */
INTEGRAD_KERNEL void integrad_dense_learn_wide(int16_t *w, const int16_t *head, const int8_t *x,
                                               const int8_t *s, const struct integrad_dense *layer,
                                               int32_t alpha_inv,
                                               const struct integrad_training *step, int16_t *work);

/* error = scores - target: that of the labelled class is INTEGRAD_TARGET, all others are 0. */
INTEGRAD_KERNEL void integrad_subtract_target(int16_t *error, const int8_t *scores, size_t classes,
                                              size_t label);

/* A head or the output layer learns from the errors of its scores. x: count x inputs. */
INTEGRAD_KERNEL void integrad_classifier_learn(int16_t *w, const int8_t *x,
                                               const struct integrad_dense *layer,
                                               const struct integrad_training *step, int16_t *work);

/* Convolutions in groups: each group of channels sees its own input channels only. */
INTEGRAD_KERNEL void integrad_convolve_groups(int8_t *s, const int16_t *w, const int8_t *x,
                                              const struct integrad_conv *layer, int16_t *work);

/* The same for sums that may exceed 32 bits, and a scale of 256 * fan-in. */
INTEGRAD_KERNEL void integrad_convolve_groups_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                                   const struct integrad_conv *layer,
                                                   int16_t *work);

/* Convolutions in groups where every group is one channel that sees one input channel. */
INTEGRAD_KERNEL void integrad_depthwise_groups(int8_t *s, const int16_t *w, const int8_t *x,
                                               const struct integrad_conv *layer, int16_t *work);

/* The average of NITRO-ReLU(s) over each window; the padding counts as 0. */
INTEGRAD_KERNEL void integrad_head_averages(int8_t *out, const int8_t *s,
                                            const struct integrad_head_pool *pool,
                                            const struct integrad_nitro_relu *relu);

/* The largest NITRO-ReLU(s) of each window; the padding counts as 0. */
INTEGRAD_KERNEL void integrad_head_maxima(int8_t *out, const int8_t *s,
                                          const struct integrad_head_pool *pool,
                                          const struct integrad_nitro_relu *relu);

/* A convolution block that learns. pool: unused where its head sees the whole maps. */
struct integrad_conv_block {
    struct integrad_conv layer;
    struct integrad_nitro_relu relu;
    struct integrad_head_pool pool;
};

/*
 * Errors of one channel's map of one sample, on their way back through the head, its pool and
 * NITRO-ReLU, to step->map. head: weights of the channel's features. error: of the scores. s: the
 * map. features: what the pool made of it. Returns how many there are.
 */
typedef size_t integrad_map_errors(const struct integrad_training *step, const int16_t *head,
                                   const int16_t *error, const int8_t *s, const int8_t *features,
                                   const struct integrad_conv_block *block);

/* For heads that see the whole map, averages, maxima, maxima with padding. Maxima send their errors
 * to one position each, which step->place lists. */
INTEGRAD_KERNEL integrad_map_errors integrad_errors_of_map;
INTEGRAD_KERNEL integrad_map_errors integrad_errors_of_averages;
INTEGRAD_KERNEL integrad_map_errors integrad_errors_of_maxima;
INTEGRAD_KERNEL integrad_map_errors integrad_errors_of_padded_maxima;

/*
 * A convolution block learns from its head's errors, one channel after the other: the gradient of a
 * channel is summed over the batch and all positions, and applied at once. x: count input maps,
 * s: count output maps, features: what its head sees of these. errors: one of the above. place: 0,
 * or step->place where errors lists positions there.
 */
INTEGRAD_KERNEL void integrad_conv_learn(int16_t *w, const int16_t *head, const int8_t *x,
                                         const int8_t *s, const int8_t *features,
                                         const struct integrad_conv_block *block,
                                         integrad_map_errors *errors, const int32_t *place,
                                         const struct integrad_training *step);

/* The same where a sum of its gradients may exceed 32 bits. */
INTEGRAD_KERNEL void integrad_conv_learn_wide(int16_t *w, const int16_t *head, const int8_t *x,
                                              const int8_t *s, const int8_t *features,
                                              const struct integrad_conv_block *block,
                                              integrad_map_errors *errors, const int32_t *place,
                                              const struct integrad_training *step);

#ifdef __cplusplus
}
#endif

#endif
