/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#include "clip.h"

#if INTEGRAD_HAS_MVE
#include "portable/multiply_master.h"

#include "mve/update_master.h"
#elif INTEGRAD_HAS_M3
#include "portable/multiply_master.h"

#include "m3/update_master.h"
#elif INTEGRAD_HAS_M0
#include "portable/multiply_master.h"

#include "m0/update_master.h"
#else
#include "rounding.h"

#include "portable/update_master.h"
#endif
