/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/maxima8.h"
#else
#include "portable/maxima8.h"
#endif
