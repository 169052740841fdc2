/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_M3
#include "m3/gather.h"
#else
#include "portable/gather.h"
#endif
