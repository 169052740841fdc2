/* Grouped convolutions: each group is a convolution of its own on some channels of a map. */
#ifndef INTEGRAD_GROUPS_H
#define INTEGRAD_GROUPS_H

#include "model.h"

/*
 * Group g of a convolution as a stage with its channels and its weights. In maps, its channels lie
 * between those of the other groups, from channel g * channels (g * out_channels) on.
 */
static inline stage group_of(const stage *s, int32_t g) {
    stage part = *s;
    part.groups = 1;
    part.channels /= s->groups;
    part.out_channels /= s->groups;
    const size_t row = (size_t)(part.channels * s->kernel_height * s->kernel_width);
    const size_t before = (size_t)g * (size_t)part.out_channels * row;
    part.weights = s->weights + before;
    part.gradient = s->gradient ? s->gradient + before : NULL;
    return part;
}

#endif
