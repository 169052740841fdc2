/* SPDX-License-Identifier: Apache-2.0 */
#include "clip.h"
#include "helpers.h"
#include "scaled.h"

#if INTEGRAD_HAS_MVE
#include "mve/linear.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/linear.h"
#elif INTEGRAD_HAS_M3
#include "m3/linear.h"
#elif INTEGRAD_HAS_M0
#include "m0/linear.h"
#else
#include "portable/linear.h"
#endif
