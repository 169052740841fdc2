/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_M0_IS_WHOLE_H
#define INTEGRAD_M0_IS_WHOLE_H

#include "../shape.h"

/* Whether a kernel with this corner lies entirely on the map. */
static inline int integrad_is_whole(const struct integrad_shape *shape, int top, int left) {
    return top >= 0 && left >= 0 && top + shape->kernel_height <= shape->in_height &&
           left + shape->kernel_width <= shape->in_width;
}

#endif
