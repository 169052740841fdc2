/* Local-loss blocks: forward pass and training from their learning heads. */
#ifndef INTEGRAD_BLOCKS_H
#define INTEGRAD_BLOCKS_H

#include "model.h"
#include "workspace.h"

/* Labels and rule of a training step; NULL for inference. */
typedef struct {
    const int32_t *labels;
    const rule *rule;
} lesson;

/*
 * h = output of the block of stage s for x. If there is a lesson and the block learns, the weights
 * of the block and of its head are updated.
 * Dense: x (batch, channels), h (batch, out_channels). Convolution: x (batch, height, width,
 * channels), h (batch, out_height, out_width, out_channels).
 */
void run_dense(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
               int32_t batch, const lesson *l);
void run_conv(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
              int32_t batch, const lesson *l);

#endif
