/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of PocketNN: constants that describe a layer, and functions that all of them share.
 *
 * Activations are int8 within +-127. Weights are rows of int16, one for each unit. `count` is the
 * number of samples of a training step; arrays over a batch hold one sample after the other.
 */
#ifndef INTEGRAD_POCKET_H
#define INTEGRAD_POCKET_H

#include "kernels.h"

/* What the labelled class should score, all others 0; largest magnitude of a bias. */
enum { INTEGRAD_POCKET_TARGET = 15, INTEGRAD_BIAS_LIMIT = 32639 };

/* A fully connected layer with a bias and a pocket activation: units x inputs weights. */
struct integrad_pocket {
    size_t inputs, units;
    int32_t scale;   /* divisor of its sums */
    int32_t limit;   /* largest magnitude of a weight */
    int32_t sigmoid; /* whether the activation is the pocket sigmoid; else it is the pocket tanh */
};

/* What all layers that learn in one step share. */
struct integrad_pocket_step {
    size_t count;
    size_t classes;
    size_t rows;          /* rows of weights that learn together */
    size_t work_values;   /* 16-bit values in the workspace of such rows */
    const int16_t *error; /* count x classes: errors of the output layer */
    int32_t *delta;       /* rows x count */
    int32_t divisor;      /* of gradients */
};

#ifdef __cplusplus
extern "C" {
#endif

/* y = activation((w x + bias) / scale). slopes: the inverse slopes of the activation there, or 0
 * if nobody needs them. work: x in 16 bits. */
INTEGRAD_KERNEL void integrad_pocket_forward(int8_t *y, int8_t *slopes, const int16_t *w,
                                             const int16_t *bias, const int8_t *x,
                                             const struct integrad_pocket *layer, int16_t *work);

/* error = scores - target. */
INTEGRAD_KERNEL void integrad_pocket_error(int16_t *error, const int8_t *scores, size_t classes,
                                           size_t label);

/*
 * A layer learns from the errors of the output layer. feedback: classes x units, brings them to a
 * hidden layer; 0: it is the output layer itself. x: count x inputs, slopes: count x units.
 */
INTEGRAD_KERNEL void integrad_pocket_learn(int16_t *w, int16_t *bias, const int16_t *feedback,
                                           const int8_t *x, const int8_t *slopes,
                                           const struct integrad_pocket *layer,
                                           const struct integrad_pocket_step *step, int16_t *work);

#ifdef __cplusplus
}
#endif

#endif
