/* SPDX-License-Identifier: Apache-2.0 */
#include "descend.h"
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/descend_row.h"
#elif INTEGRAD_HAS_M0
#include "m0/descend_row.h"
#else
#include "portable/descend_row.h"
#endif
