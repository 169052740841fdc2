/* Local-loss blocks: forward, and how they learn from their own heads. */
#ifndef INTEGRAD_BLOCKS_H
#define INTEGRAD_BLOCKS_H

#include "model.h"
#include "workspace.h"

/* What a step learns from; NULL where nothing learns. */
typedef struct {
    const int32_t *labels;
    const rule *rule;
} lesson;

/*
 * h = the block of stage s on x; where there is a lesson and the block learns, it and its head do.
 * Dense: x (batch, channels), h (batch, out_channels). Convolution: x (batch, height, width,
 * channels), h (batch, out_height, out_width, out_channels).
 */
void run_dense(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
               int32_t batch, const lesson *l);
void run_conv(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
              int32_t batch, const lesson *l);

#endif
