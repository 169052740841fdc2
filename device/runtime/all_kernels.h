/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every function of this folder in one translation unit. With INTEGRAD_ONE_UNIT, a model's own file
 * includes it and holds what it uses as static functions. Without, a file that includes nothing
 * else is the whole folder in one object.
 */
#ifndef INTEGRAD_ALL_KERNELS_H
#define INTEGRAD_ALL_KERNELS_H

#include "nitro.h"

#include "accumulate.c"
#include "accumulate_wide.c"
#include "activate.c"
#include "activate4.c"
#include "argmax.c"
#include "averages.c"
#include "classifier_learn.c"
#include "conv_learn.c"
#include "conv_learn_wide.c"
#include "convolve.c"
#include "convolve_groups.c"
#include "cut.c"
#include "decay.c"
#include "dense_forward.c"
#include "dense_learn.c"
#include "dense_learn_wide.c"
#include "depthwise.c"
#include "depthwise_groups.c"
#include "descend_row.c"
#include "descend_row_wide.c"
#include "descend_weights.c"
#include "dots.c"
#include "errors.c"
#include "errors_of_averages.c"
#include "errors_of_map.c"
#include "errors_of_maxima.c"
#include "errors_of_padded_maxima.c"
#include "gather.c"
#include "head_averages.c"
#include "head_maxima.c"
#include "headroom.c"
#include "learn_row.c"
#include "learn_rows.c"
#include "learn_rows_wide.c"
#include "linear.c"
#include "linear_by.c"
#include "maxima.c"
#include "pocket_error.c"
#include "pocket_forward.c"
#include "pocket_learn.c"
#include "reciprocal.c"
#include "subtract_target.c"
#include "widen.c"

#endif
