/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/few.h"
#include "mve/four_rows.h"

#include "mve/convolve.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/linear2.h"

#include "m3/convolve.h"
#elif INTEGRAD_HAS_M3
#include "m3/linear2.h"

#include "m3/convolve.h"
#elif INTEGRAD_HAS_M0
#include "m0/gather_cut.h"

#include "m0/convolve.h"
#else
#include "portable/linear2.h"

#include "portable/convolve.h"
#endif
