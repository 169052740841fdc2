/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/reciprocal.h"
#elif INTEGRAD_HAS_M0
#include "m0/reciprocal.h"
#endif
