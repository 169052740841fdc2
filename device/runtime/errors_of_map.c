/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "nitro.h"
#include "nitro_relu.h"

INTEGRAD_KERNEL size_t integrad_errors_of_map(const struct integrad_training *step,
                                              const int16_t *head, const int16_t *error,
                                              const int8_t *s, const int8_t *features,
                                              const struct integrad_conv_block *block) {
    const struct integrad_shape *const shape = &block->layer.shape;
    const size_t positions = integrad_positions(shape);
    const size_t channels = (size_t)shape->channels * (size_t)block->layer.groups;
    (void)features;
    integrad_errors(step->map, head, error, positions, channels * positions, step->classes, 1);
    for (size_t i = 0; i < positions; i++) {
        step->map[i] = integrad_relu_gradient(step->map[i], s[i], block->relu.alpha_inv);
    }
    return positions;
}
