#include "backprop_biases.h"

#include <string.h>

void add_biases(int32_t *sums, size_t pitch, const int8_t *bias, int32_t rows, int32_t count) {
    for (int32_t i = 0; i < rows; i++, sums += pitch) {
        for (int32_t o = 0; o < count; o++) {
            sums[o] += BIAS_INPUT * bias[o];
        }
    }
}

void sum_bias_gradient(int32_t *gradient, const layer *l, const int8_t *errors, int32_t rows) {
    const int32_t outs = l->out_channels;
    if (l->bias == NULL) {
        return;
    }
    memset(gradient, 0, (size_t)outs * sizeof *gradient);
    for (int32_t i = 0; i < rows; i++, errors += outs) {
        for (int32_t o = 0; o < outs; o++) {
            gradient[o] += BIAS_INPUT * errors[o];
        }
    }
}
