/* Buffers of a step, allocated once for a network and a batch size. */
#ifndef INTEGRAD_WORKSPACE_H
#define INTEGRAD_WORKSPACE_H

#include "gradients.h"
#include "model.h"

typedef struct {
    int32_t batch;
    int32_t threads;
    int8_t *activations[2]; /* of the previous and of the current stage */
    int8_t *scaled;         /* s of the current block */
    int8_t *features;       /* input of its head */
    int8_t *logits;
    int32_t *maximum_cells;
    int32_t *errors;        /* of a head, (batch, classes) */
    int32_t *delta;         /* errors at the features or units */
    int16_t *wide;          /* input of the current block, as 16-bit patches */
    int16_t *wide_features; /* input of a head or of the output layer */
    int16_t *packed;        /* weights in the layout of the products */
    int16_t *pairs;         /* see dense_gradient */
    int32_t *digits;
    int32_t *offsets;        /* of the patches of the positions */
    int32_t *sample_offsets; /* of the samples, if vectors are the patches */
    /* For each thread: */
    double *rows;    /* a row of gradients in the order of the patches */
    double *ordered; /* the same in the order of the weights */
    error_entry *entries;
    int32_t *entry_pairs;
    size_t row_size, entry_size;
} workspace;

/* Returns NULL if there is not enough memory or 32-bit offsets do not suffice. */
ENTRY_POINT workspace *integrad_reserve(const network *n, int32_t batch, int32_t threads);
ENTRY_POINT void integrad_release(workspace *w);

/* Whether patches of a convolution without groups are copied (im2col), because runs of few channels
 * would waste vector lanes. */
int gathers(const stage *s);

#endif
