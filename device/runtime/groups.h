/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_GROUPS_H
#define INTEGRAD_GROUPS_H

#include "kernels.h"

/* Sizes of one group of a convolution, or of all of it where it has but one. */
static inline size_t integrad_fan_in(const struct integrad_shape *shape) {
    return (size_t)shape->in_channels * (size_t)shape->kernel_height * (size_t)shape->kernel_width;
}

static inline size_t integrad_inputs(const struct integrad_shape *shape) {
    return (size_t)shape->in_channels * (size_t)shape->in_height * (size_t)shape->in_width;
}

static inline size_t integrad_positions(const struct integrad_shape *shape) {
    return (size_t)shape->height * (size_t)shape->width;
}

#endif
