/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/convolve_wide.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/six_sums.h"

#include "m3/convolve_wide.h"
#elif INTEGRAD_HAS_M3
#include "m3/six_sums.h"

#include "m3/convolve_wide.h"
#elif INTEGRAD_HAS_M0
#include "m0/gather_cut.h"

#include "m0/convolve_wide.h"
#else
#include "portable/convolve_wide.h"
#endif
