/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/errors.h"
#elif INTEGRAD_HAS_M3
#include "m3/errors.h"
#elif INTEGRAD_HAS_M0
#include "m0/errors.h"
#else
#include "portable/errors.h"
#endif
