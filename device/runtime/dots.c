/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/dots.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/dots.h"
#elif INTEGRAD_HAS_M0
#include "m0/dots.h"
#else
#include "portable/dots.h"
#endif
