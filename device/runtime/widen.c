/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/widen.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/widen.h"
#elif INTEGRAD_HAS_M3
#include "m3/widen.h"
#elif INTEGRAD_HAS_M0
#include "m0/widen.h"
#else
#include "portable/widen.h"
#endif
