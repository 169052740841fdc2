/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_SHAPE_H
#define INTEGRAD_SHAPE_H

#include <stdint.h>

/*
 * The shape of a convolution: in_channels x in_height x in_width -> channels x height x width. A
 * row of weights has in_channels x kernel_height x kernel_width elements.
 */
struct integrad_shape {
    int in_channels, in_height, in_width;
    int channels, height, width;
    int kernel_height, kernel_width;
    int stride_height, stride_width;
    int padding_height, padding_width;
};

/* A position encoded as one number. */
static inline int32_t integrad_place(int row, int column) {
    return row * 65536 + column;
}

static inline int integrad_row(int32_t place) {
    return (int)(place >> 16);
}

static inline int integrad_column(int32_t place) {
    return (int)(place & 0xFFFF);
}

#endif
