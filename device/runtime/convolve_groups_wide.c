/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "nitro.h"

INTEGRAD_KERNEL void integrad_convolve_groups_wide(int8_t *s, const int16_t *w, const int8_t *x,
                                                   const struct integrad_conv *layer,
                                                   int16_t *work) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t channels = (size_t)shape->channels;
    const size_t weights = channels * integrad_fan_in(shape), inputs = integrad_inputs(shape);
    const size_t outputs = channels * integrad_positions(shape);
    for (int g = 0; g < layer->groups; g++) {
        integrad_convolve_wide(s, w, x, shape, work);
        s += outputs;
        w += weights;
        x += inputs;
    }
}
