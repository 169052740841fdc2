/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop.h"

INTEGRAD_KERNEL int integrad_backprop_rate(int32_t learning_rate_inv) {
    int rate = 0;
    while (learning_rate_inv >> rate > 1) {
        rate++;
    }
    return rate;
}
