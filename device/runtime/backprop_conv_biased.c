/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_convolution.h"

static inline void integrad_backprop_convolve_biased(int8_t *out, size_t step, const int8_t *w,
                                                     const int8_t *bias, const int8_t *x, int row,
                                                     int column, int count,
                                                     const struct integrad_backprop_conv *layer,
                                                     int32_t *work) {
    const struct integrad_shape *const shape = &layer->shape;
    const struct integrad_backprop_scales *const scales = &layer->scales;
    const size_t channels = (size_t)shape->channels;
    for (int g = 0; g < layer->groups; g++) {
        integrad_convolve8_biased(out, step, w, bias, x, shape, row, column, count,
                                  scales->output_shift, scales->leak, work);
        out += channels * step;
        w += channels * integrad_fan_in(shape);
        bias += channels;
        x += integrad_inputs(shape);
    }
}

INTEGRAD_KERNEL void integrad_backprop_conv_biased(int8_t *y, uint8_t *winners, const int8_t *w,
                                                   const int8_t *bias, const int8_t *x,
                                                   const struct integrad_backprop_conv *layer,
                                                   int32_t *work) {
    integrad_backprop_convolution(integrad_backprop_convolve_biased, y, winners, w, bias, x, layer,
                                  work);
}
