/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"
#include "pooled_errors.h"

#if INTEGRAD_HAS_M3
#include "m3/winners.h"
#else
#include "portable/winners.h"
#endif

INTEGRAD_KERNEL size_t integrad_errors_of_maxima(const struct integrad_training *step,
                                                 const int16_t *head, const int16_t *error,
                                                 const int8_t *s, const int8_t *features,
                                                 const struct integrad_conv_block *block) {
    integrad_pooled_errors(step->map, head, error, &block->pool.windows, step->classes);
    return integrad_winners(step, s, features, block);
}
