/* SPDX-License-Identifier: Apache-2.0 */
#include "pocket.h"

INTEGRAD_KERNEL void integrad_pocket_error(int16_t *error, const int8_t *scores, size_t classes,
                                           size_t label) {
    for (size_t k = 0; k < classes; k++) {
        error[k] = (int16_t)(scores[k] - (k == label ? INTEGRAD_POCKET_TARGET : 0));
    }
}
