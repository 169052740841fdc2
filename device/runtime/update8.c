/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#include "clip.h"

#if INTEGRAD_HAS_MVE
#include "portable/multiply8.h"

#include "mve/update8.h"
#elif INTEGRAD_HAS_M3
#include "portable/multiply8.h"

#include "m3/update8.h"
#elif INTEGRAD_HAS_M0
#include "portable/multiply8.h"

#include "m0/update8.h"
#else
#include "rounding.h"

#include "portable/update8.h"
#endif
