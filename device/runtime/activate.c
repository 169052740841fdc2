/* SPDX-License-Identifier: Apache-2.0 */
#include "nitro_relu.h"

INTEGRAD_KERNEL void integrad_activate(int8_t *h, const int8_t *s, size_t count,
                                       const struct integrad_nitro_relu *relu) {
    for (size_t i = 0; i < count; i++) {
        h[i] = (int8_t)integrad_relu(s[i], relu);
    }
}
