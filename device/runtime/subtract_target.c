/* SPDX-License-Identifier: Apache-2.0 */
#include "nitro.h"

INTEGRAD_KERNEL void integrad_subtract_target(int16_t *error, const int8_t *scores, size_t classes,
                                              size_t label) {
    for (size_t k = 0; k < classes; k++) {
        error[k] = (int16_t)(scores[k] - (k == label ? INTEGRAD_TARGET : 0));
    }
}
