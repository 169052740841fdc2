/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"
#include "scaled.h"
#include "scaled_wide.h"

#if INTEGRAD_HAS_MVE
#include "mve/offsets.h"

#include "mve/convolve_wide.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/six_parts.h"

#include "m3/convolve_wide.h"
#elif INTEGRAD_HAS_M3
#include "m3/six_parts.h"

#include "m3/convolve_wide.h"
#elif INTEGRAD_HAS_M0
#include "m0/gather_cut.h"

#include "m0/convolve_wide.h"
#else
#include "portable/convolve_wide.h"
#endif
