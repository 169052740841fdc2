/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_biases.h"
#include "backprop_convolution.h"

/* Position by position: the kernel that computes several of them together has no sums that biases
 * could be added to. */
static inline void integrad_backprop_convolve_biased(int8_t *out, size_t step, const int8_t *w,
                                                     const int8_t *bias, const int8_t *x, int row,
                                                     int column, int count,
                                                     const struct integrad_backprop_conv *layer,
                                                     int32_t *work) {
    const struct integrad_shape *const shape = &layer->shape;
    const struct integrad_backprop_scales *const scales = &layer->scales;
    const size_t channels = (size_t)shape->channels, fan_in = integrad_fan_in(shape);
    const size_t most = INTEGRAD_BACKPROP_BIASED_SUMS;
    int8_t *const patch = (int8_t *)work;
    int32_t sums[INTEGRAD_BACKPROP_BIASED_SUMS];
    for (int g = 0; g < layer->groups; g++) {
        for (int k = 0; k < count; k++) {
            integrad_gather8(patch, x, shape, row, column + k);
            for (size_t first = 0; first < channels; first += most) {
                const size_t left = channels - first, rows = left < most ? left : most;
                integrad_dots8(sums, w + first * fan_in, patch, fan_in, rows);
                integrad_backprop_add_biases(sums, bias + first, rows);
                integrad_requantise(out + first * step + (size_t)k, step, sums, rows,
                                    scales->output_shift, scales->leak);
            }
        }
        out += channels * step;
        w += channels * fan_in;
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
