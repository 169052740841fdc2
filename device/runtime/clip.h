/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_CLIP_H
#define INTEGRAD_CLIP_H

#include <stdint.h>

static inline int32_t integrad_clip(int32_t value, int32_t limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}

#endif
