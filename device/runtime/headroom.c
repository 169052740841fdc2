/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/headroom.h"
#else
#include "portable/headroom.h"
#endif
