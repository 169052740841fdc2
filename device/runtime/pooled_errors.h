/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_POOLED_ERRORS_H
#define INTEGRAD_POOLED_ERRORS_H

#include "nitro_relu.h"

/* Errors of the features that a pool makes of one channel. */
static inline void integrad_pooled_errors(int32_t *sum, const int16_t *head, const int16_t *error,
                                          const struct integrad_pool *windows, size_t classes) {
    const size_t pooled = (size_t)windows->height * (size_t)windows->width;
    integrad_errors(sum, head, error, pooled, (size_t)windows->channels * pooled, classes, 1);
}

#endif
