/*
 * Every kernel in one translation unit. With INTEGRAD_ONE_UNIT, kernels.h includes it: a model's
 * own file then holds what it uses as static functions. Without, a file that includes nothing else
 * is the whole folder in one object.
 */
#ifndef INTEGRAD_ALL_KERNELS_H
#define INTEGRAD_ALL_KERNELS_H

#include "kernels.h"

#include "accumulate.c"
#include "accumulate_wide.c"
#include "activate4.c"
#include "convolve.c"
#include "cut.c"
#include "decay.c"
#include "depthwise.c"
#include "descend_row.c"
#include "descend_row_wide.c"
#include "descend_weights.c"
#include "errors.c"
#include "gather.c"
#include "headroom.c"
#include "learn_row.c"
#include "learn_rows.c"
#include "learn_rows_wide.c"
#include "linear.c"
#include "linear_by.c"
#include "maxima.c"
#include "reciprocal.c"
#include "widen.c"

#endif
