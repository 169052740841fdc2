/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/weigh_fours8.h"

#include "m3/weigh8.h"
#elif INTEGRAD_HAS_M3
#include "m3/weigh_fours8.h"

#include "m3/weigh8.h"
#elif INTEGRAD_HAS_M0
#include "m0/weigh8.h"
#else
#include "portable/weigh8.h"
#endif
