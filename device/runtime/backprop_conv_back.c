/* SPDX-License-Identifier: Apache-2.0 */
#include "backprop_winners.h"

/* Errors of channels, other than 0, with the numbers of the channels and their winners. */
struct integrad_backprop_entries {
    uint16_t *index;
    int8_t *error;
    uint8_t *winner;
};

/* The entries of one group for one window. winners: the row of the first channel, or 0. */
static inline size_t integrad_backprop_find(const struct integrad_backprop_entries *entries,
                                            const int8_t *error, const uint8_t *winners,
                                            unsigned column,
                                            const struct integrad_backprop_conv *layer) {
    const size_t channels = (size_t)layer->shape.channels, height = (size_t)layer->height;
    const size_t maxima = height * (size_t)layer->width;
    const size_t size = height * integrad_backprop_winners_size(layer);
    const unsigned bits = integrad_backprop_winner_bits(layer);
    size_t found = 0;
    for (size_t c = 0; c < channels; c++) {
        if (error[c * maxima] != 0) {
            entries->index[found] = (uint16_t)c;
            entries->error[found] = error[c * maxima];
            entries->winner[found++] =
                (uint8_t)(winners ? integrad_backprop_winner(winners + c * size, column, bits) : 0);
        }
    }
    return found;
}

/* Moves the entries with the winner of the first one to the front. Returns how many they are. */
static inline size_t integrad_backprop_sort(const struct integrad_backprop_entries *entries,
                                            size_t count) {
    size_t same = 1;
    for (size_t k = 1; k < count; k++) {
        if (entries->winner[k] == entries->winner[0]) {
            const uint16_t index = entries->index[k];
            const int8_t error = entries->error[k];
            entries->index[k] = entries->index[same];
            entries->error[k] = entries->error[same];
            entries->winner[k] = entries->winner[same];
            entries->index[same] = index;
            entries->error[same] = error;
            entries->winner[same++] = entries->winner[0];
        }
    }
    return same;
}

/* Adds what the errors of one group pass to the map of its inputs, position by position of the
 * window whose first one is row, column. */
static inline void integrad_backprop_spread(int32_t *map, const int8_t *w,
                                            struct integrad_backprop_entries entries, size_t count,
                                            int row, int column,
                                            const struct integrad_backprop_conv *layer,
                                            int32_t *patch) {
    const size_t fan_in = integrad_fan_in(&layer->shape);
    while (count > 0) {
        const size_t same = integrad_backprop_sort(&entries, count);
        int line = row, position = *entries.winner;
        for (; position >= layer->window_width; position -= layer->window_width) {
            line++;
        }
        integrad_weigh8(patch, fan_in, w, fan_in, entries.index, entries.error, same);
        integrad_scatter8(map, patch, &layer->shape, line, column + position);
        entries.index += same;
        entries.error += same;
        entries.winner += same;
        count -= same;
    }
}

INTEGRAD_KERNEL void integrad_backprop_conv_back(int8_t *below, const int8_t *w,
                                                 const int8_t *error, const uint8_t *winners,
                                                 const struct integrad_backprop_conv *layer,
                                                 size_t count, int32_t *sums, uint16_t *index) {
    const struct integrad_shape *const shape = &layer->shape;
    const size_t fan_in = integrad_fan_in(shape), inputs = integrad_inputs(shape);
    const size_t channels = (size_t)shape->channels, groups = (size_t)layer->groups;
    const size_t maxima = (size_t)layer->height * (size_t)layer->width;
    const size_t size = integrad_backprop_winners_size(layer), all = (size_t)layer->height * size;
    int32_t *const patch = sums + groups * inputs;
    int8_t *const bytes = (int8_t *)(patch + fan_in);
    const struct integrad_backprop_entries entries = {index, bytes, (uint8_t *)bytes + channels};
    for (size_t b = 0; b < count; b++) {
        for (size_t i = 0; i < groups * inputs; i++) {
            sums[i] = 0;
        }
        for (int row = 0; row < layer->height; row++) {
            for (int column = 0; column < layer->width; column++, error++) {
                for (size_t g = 0; g < groups; g++) {
                    const size_t first = g * channels;
                    const size_t found = integrad_backprop_find(
                        &entries, error + first * maxima, winners ? winners + first * all : winners,
                        (unsigned)column, layer);
                    integrad_backprop_spread(sums + g * inputs, w + first * fan_in, entries, found,
                                             row * layer->window_height,
                                             column * layer->window_width, layer, patch);
                }
            }
            winners = winners ? winners + size : winners;
        }
        integrad_requantise(below, 1, sums, groups * inputs, layer->scales.error_shift, 1);
        below += groups * inputs;
        error += (groups * channels - 1) * maxima;
        winners = winners ? winners + (groups * channels - 1) * all : winners;
    }
}
