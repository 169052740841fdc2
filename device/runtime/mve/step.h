/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_MVE_STEP_H
#define INTEGRAD_MVE_STEP_H

#include "../clip.h"

/* Integer SGD of a weight after decay. */
static inline int16_t integrad_step(int16_t w, int32_t gradient, int32_t divisor, int32_t limit) {
    const int32_t longest = 2 * 32639; /* saturates any weight */
    return (int16_t)integrad_clip(w - integrad_clip(gradient / divisor, longest), limit);
}

#endif
