/* Memory of a step, reserved once for a network and a batch size. */
#ifndef INTEGRAD_WORKSPACE_H
#define INTEGRAD_WORKSPACE_H

#include "gradients.h"
#include "model.h"

typedef struct {
    int32_t batch;
    int32_t threads;
    int8_t *activations[2]; /* of the stage before and of this one */
    int8_t *scaled;         /* s of the block at hand */
    int8_t *features;       /* what its head sees */
    int8_t *logits;
    int32_t *winners;
    int32_t *errors;        /* of a head, (batch, classes) */
    int32_t *delta;         /* errors at the features or units */
    int16_t *wide;          /* input of the block at hand, as 16-bit patches */
    int16_t *wide_features; /* input of a head or of the output layer */
    int16_t *packed;        /* weights as the products read them */
    int16_t *pairs;         /* see dense_gradient */
    int32_t *digits;
    int32_t *offsets;        /* of the positions' patches */
    int32_t *sample_offsets; /* of the samples, where vectors are the patches */
    /* For each thread: */
    double *rows;    /* a row of gradients as it is summed */
    double *ordered; /* the same in the order of the weights */
    error_entry *entries;
    int32_t *entry_pairs;
    size_t row_room, entry_room;
} workspace;

/* NULL where memory is short, or 32-bit offsets are. */
ENTRY_POINT workspace *integrad_reserve(const network *n, int32_t batch, int32_t threads);
ENTRY_POINT void integrad_release(workspace *w);

/* Whether patches of a convolution without groups are copied next to each other: runs of few
 * channels waste vectors. */
int gathers(const stage *s);

#endif
