/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/dots8.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/dots8.h"
#elif INTEGRAD_HAS_M3
#include "m3/dots8.h"
#elif INTEGRAD_HAS_M0
#include "m0/dots8.h"
#else
#include "portable/dots8.h"
#endif
