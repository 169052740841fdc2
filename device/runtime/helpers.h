/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the kernels, not for use by programs. */
#ifndef INTEGRAD_HELPERS_H
#define INTEGRAD_HELPERS_H

#include "kernels.h"

#if INTEGRAD_HAS_MVE
#include <arm_mve.h>
#endif

/* Where assembly finds a member of a struct; another layout does not compile. */
#define INTEGRAD_ASSERT_OFFSET(name, member, bytes)                                                \
    typedef char                                                                                   \
        integrad_##name##_##member[offsetof(struct integrad_##name, member) == (bytes) ? 1 : -1]

#if INTEGRAD_HAS_M0 || INTEGRAD_HAS_M3
INTEGRAD_ASSERT_OFFSET(pool, channels, 0);
INTEGRAD_ASSERT_OFFSET(pool, in_height, 4);
INTEGRAD_ASSERT_OFFSET(pool, in_width, 8);
INTEGRAD_ASSERT_OFFSET(pool, height, 12);
INTEGRAD_ASSERT_OFFSET(pool, width, 16);
INTEGRAD_ASSERT_OFFSET(pool, window_height, 20);
INTEGRAD_ASSERT_OFFSET(pool, window_width, 24);
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if INTEGRAD_HAS_M0 || INTEGRAD_HAS_M3
/* w - w / decay_inv, for count weights. */
INTEGRAD_KERNEL void integrad_decay(int16_t *w, size_t count, int32_t decay_inv);
#endif

#if INTEGRAD_HAS_M0

/*
 * Constants for dividing by `divisor` without a divide instruction: factor = 2^(24 + shift) /
 * divisor.
 */
struct integrad_reciprocal {
    uint32_t divisor, shift, factor;
};
INTEGRAD_ASSERT_OFFSET(reciprocal, divisor, 0);
INTEGRAD_ASSERT_OFFSET(reciprocal, shift, 4);
INTEGRAD_ASSERT_OFFSET(reciprocal, factor, 8);

INTEGRAD_KERNEL void integrad_reciprocal(struct integrad_reciprocal *reciprocal, uint32_t divisor);

/* integrad_linear() with the reciprocal of the scale. */
INTEGRAD_KERNEL void integrad_linear_by(int8_t *s, size_t step, const int16_t *w, const int16_t *x,
                                        size_t outs, size_t n,
                                        const struct integrad_reciprocal *scale);

/* w[i] - gradient[i] / divisor, saturated to the limit, for `count` weights. */
INTEGRAD_KERNEL void integrad_descend_weights(int16_t *w, const int32_t *gradient, size_t count,
                                              int32_t limit,
                                              const struct integrad_reciprocal *divisor);

/*
 * The part of a convolution kernel that lies on the map. Cells are the destinations of its inputs;
 * steps are in bytes.
 */
struct integrad_cut {
    uint32_t width;                       /* inputs in a line */
    uint32_t input_line, cell_line;       /* from line to line */
    uint32_t cell_lines;                  /* over the lines of a channel */
    uint32_t input_channel, cell_channel; /* from behind them to the next channel */
    uint32_t cells;                       /* over all channels */
    int32_t input, cell;                  /* the first ones, from the corner of the kernel */
};
INTEGRAD_ASSERT_OFFSET(cut, width, 0);
INTEGRAD_ASSERT_OFFSET(cut, input_line, 4);
INTEGRAD_ASSERT_OFFSET(cut, cell_line, 8);
INTEGRAD_ASSERT_OFFSET(cut, cell_lines, 12);
INTEGRAD_ASSERT_OFFSET(cut, input_channel, 16);
INTEGRAD_ASSERT_OFFSET(cut, cell_channel, 20);
INTEGRAD_ASSERT_OFFSET(cut, cells, 24);

/* The part of a kernel with its corner at top, left that lies on the map. size: bytes per cell. */
INTEGRAD_KERNEL void integrad_cut(struct integrad_cut *cut, const struct integrad_shape *shape,
                                  int top, int left, int size);

#elif INTEGRAD_HAS_MVE

/*
 * Constants for dividing without a divide instruction: the upper half of a product with factor,
 * shifted by shift, which is negative.
 */
struct integrad_reciprocal {
    int32_t factor, shift;
};
INTEGRAD_ASSERT_OFFSET(reciprocal, factor, 0);
INTEGRAD_ASSERT_OFFSET(reciprocal, shift, 4);

/*
 * The reciprocal of a divisor from 2 to 2^31 - 1. bits: 32, for an unsigned factor and magnitudes
 * below 2^31, or 31, for signed values of up to 30 bits and divisors above 2. Quotients of the
 * latter are rounded down, so that negative ones are too small by 1.
 */
INTEGRAD_KERNEL struct integrad_reciprocal integrad_reciprocal(int32_t divisor, int bits);

#endif

#ifdef __cplusplus
}
#endif

#endif
