/* The error of the output layer. */
#ifndef INTEGRAD_BACKPROP_LOSS_H
#define INTEGRAD_BACKPROP_LOSS_H

#include "backprop_model.h"

/* errors (batch, classes) of scores (batch, classes), whose unit is 2^exponent, and their sums. */
void output_errors(score *result, int8_t *errors, const int8_t *scores, const int32_t *labels,
                   int32_t batch, int32_t classes, int32_t exponent, int32_t cross_entropy);

#endif
