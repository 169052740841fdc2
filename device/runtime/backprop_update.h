/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_BACKPROP_UPDATE_H
#define INTEGRAD_BACKPROP_UPDATE_H

#include "backprop.h"

/* Update n weights from index `first` on. fraction: 0 if there are no masters. */
static inline void integrad_backprop_update(int8_t *w, int8_t *fraction, size_t first,
                                            const int32_t *gradient, size_t n, int shift) {
    if (fraction) {
        integrad_update_master(w + first, fraction + first, gradient, n, shift);
    } else {
        integrad_update8(w + first, gradient, n, shift);
    }
}

#endif
