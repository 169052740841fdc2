/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_PART_DOTS_H
#define INTEGRAD_PART_DOTS_H

#include "kernels.h"

/* integrad_part_dots(): z[k] = w[k] . x for a part of the values. */
#if INTEGRAD_HAS_DSP
#include "dsp/part_dots.h"
#elif INTEGRAD_HAS_M3
#include "m3/part_dots.h"
#else
#include "portable/part_dots.h"
#endif

#endif
