/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/accumulate.h"
#elif INTEGRAD_HAS_M3
#include "m3/accumulate.h"
#elif INTEGRAD_HAS_M0
#include "m0/accumulate.h"
#else
#include "portable/accumulate.h"
#endif
