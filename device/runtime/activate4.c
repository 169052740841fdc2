/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/activate4.h"
#elif INTEGRAD_HAS_DSP && !defined(INTEGRAD_SMALL)
#include "dsp/activate4.h"
#elif INTEGRAD_HAS_M3 && !defined(INTEGRAD_SMALL)
#include "m3/activate4.h"
#elif INTEGRAD_HAS_M0
#include "m0/activate4.h"
#else
#include "portable/activate4.h"
#endif
