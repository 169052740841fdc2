/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_NITRO_RELU_H
#define INTEGRAD_NITRO_RELU_H

#include "nitro.h"

/* value / alpha_inv. Most networks have slopes of 1/4: these need no divider. */
static inline int32_t integrad_slope(int32_t value, int32_t alpha_inv) {
    return !INTEGRAD_HAS_M3 && alpha_inv == 4 ? value / 4 : value / alpha_inv;
}

/* NITRO-ReLU of one value. */
static inline int32_t integrad_relu(int32_t s, const struct integrad_nitro_relu *relu) {
    return (s < 0 ? integrad_slope(s, relu->alpha_inv) : s) - relu->mean;
}

/* The least value that is activated to h. */
static inline int32_t integrad_relu_least(int32_t h, const struct integrad_nitro_relu *relu) {
    const int32_t value = h + relu->mean;
    return value > 0 ? value : value * relu->alpha_inv - (relu->alpha_inv - 1);
}

/* Its gradient: nothing passes where s is saturated at the top. */
static inline int32_t integrad_relu_gradient(int32_t delta, int32_t s, int32_t alpha_inv) {
    if (s >= 127) {
        return 0;
    }
    return s < 0 ? integrad_slope(delta, alpha_inv) : delta;
}

#endif
