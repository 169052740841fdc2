/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_M3
#include "m3/scale8.h"

#include "m3/requantise.h"
#elif INTEGRAD_HAS_M0
#include "m0/requantise.h"
#else
#include "clip.h"
#include "rounding.h"

#include "portable/requantise.h"
#endif
