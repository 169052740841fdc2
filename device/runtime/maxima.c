/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/maxima.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/maxima.h"
#elif INTEGRAD_HAS_M3
#include "m3/maxima.h"
#elif INTEGRAD_HAS_M0
#include "m0/maxima.h"
#else
#include "portable/maxima.h"
#endif
