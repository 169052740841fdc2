/* SPDX-License-Identifier: Apache-2.0 */
#include "descend.h"
#include "helpers.h"

#if INTEGRAD_HAS_M3
#include "m3/learn_row.h"
#else
#include "portable/learn_row.h"
#endif
