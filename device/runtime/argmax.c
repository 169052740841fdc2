/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels.h"

INTEGRAD_KERNEL int integrad_argmax(const int8_t *scores, size_t classes) {
    size_t best = 0;
    for (size_t k = 1; k < classes; k++) {
        if (scores[k] > scores[best]) {
            best = k;
        }
    }
    return (int)best;
}
