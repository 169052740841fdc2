/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/decay.h"
#elif INTEGRAD_HAS_M3
#include "m3/decay.h"
#elif INTEGRAD_HAS_M0
#include "m0/decay.h"
#endif
