/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"
#include "scaled.h"
#include "scaled_wide.h"

#if INTEGRAD_HAS_MVE
#include "mve/linear_wide.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/four_sums.h"

#include "m3/linear_wide.h"
#elif INTEGRAD_HAS_M3
#include "m3/four_sums.h"

#include "m3/linear_wide.h"
#elif INTEGRAD_HAS_M0
#include "m0/linear_wide.h"
#else
#include "portable/linear_wide.h"
#endif
