/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_SCALED_H
#define INTEGRAD_SCALED_H

#include "clip.h"
#include "select.h"

/* integrad_scaled(): a sum of products scaled to an activation, z / scale, saturated to +-127. */
#if INTEGRAD_HAS_M3
#include "m3/scaled.h"
#else
#include "portable/scaled.h"
#endif

#endif
