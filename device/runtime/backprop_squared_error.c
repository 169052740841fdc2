/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"
#include "clip.h"
#include "rounding.h"

INTEGRAD_KERNEL void integrad_backprop_squared_error(int8_t *scores, size_t classes, size_t label,
                                                     int exponent) {
    const int shift = exponent + 11; /* to multiples of 2^-11 */
    for (size_t k = 0; k < classes; k++) {
        const int32_t value = shift < 0    ? integrad_rdiv2(scores[k], -shift)
                              : shift < 20 ? scores[k] * ((int32_t)1 << shift)
                                           : scores[k] * ((int32_t)1 << 20);
        const int32_t fine = integrad_clip(value - (k == label ? 2048 : 0), 2047);
        scores[k] = (int8_t)integrad_clip(integrad_psto(fine, 4), 127);
    }
}
