/* Buffers of a step of backpropagation, allocated once for a network and a batch size. */
#ifndef INTEGRAD_BACKPROP_BUFFERS_H
#define INTEGRAD_BACKPROP_BUFFERS_H

#include "backprop_model.h"

/* An error that is not 0, and the offset of its patch in the padded maps. */
typedef struct {
    int32_t patch;
    int32_t error;
} nonzero_error;

/* Of one thread. */
typedef struct {
    int32_t *sums;       /* of some positions or samples */
    int16_t *error_maps; /* errors of one sample, see backprop_maps.h */
    nonzero_error *entries;
    int32_t *counts;    /* entries per output channel */
    int32_t *gradients; /* one row per output channel, in the order of the patches */
} scratch;

typedef struct {
    int32_t batch, threads;
    const int8_t **inputs; /* of each layer and, at the end, the scores */
    int8_t **outputs;      /* of each layer */
    int8_t **flat;         /* input of dense layers behind maps, channels first */
    int16_t **maps;        /* padded input maps of convolutions */
    int32_t *exponents;    /* of the inputs of the layers */
    int8_t *input;         /* channels last */
    int8_t *errors[2];
    int16_t *wide;         /* 16-bit copy of inputs or errors of a dense layer */
    int16_t *wide_weights; /* 16-bit copy of its weights */
    int16_t *packed;       /* weights or inputs, see backprop_products.h */
    int32_t *gradient;     /* of one layer */
    int32_t *bias_gradient;
    scratch *threads_own;
    void **blocks; /* all memory */
    size_t block_count;
} buffers;

/* Number of positions whose sums exist at a time in a thread. */
enum { POSITIONS = 96 };

/* Distance of the errors of two units, which is no power of two: they are written side by side. */
size_t error_pitch(int32_t batch);

/* Whether a convolution looks at single pixels: the product of a matrix and all positions. */
int is_pointwise(const layer *l);

/* Samples whose errors a thread collects at a time. */
int32_t samples_per_turn(const layer *l);

/* Returns NULL if there is not enough memory or 32-bit offsets do not suffice. */
ENTRY_POINT buffers *backprop_reserve(const chain *c, int32_t batch, int32_t threads);
ENTRY_POINT void backprop_release(buffers *b);

#endif
