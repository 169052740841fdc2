/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/maxima.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/maxima.h"
#else
#include "portable/maxima.h"
#endif
