/* SPDX-License-Identifier: Apache-2.0 */
#include "nitro.h"

INTEGRAD_KERNEL void integrad_dense_forward_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                                 const struct integrad_dense *layer,
                                                 int16_t *work) {
    integrad_widen(work, x, layer->inputs);
    integrad_linear_wide(s, 1, w, work, layer->outputs, layer->inputs);
}
