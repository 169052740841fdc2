/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_DESCEND_H
#define INTEGRAD_DESCEND_H

#include "clip.h"
#include "descent.h"
#include "select.h"

/* integrad_descend(): integer SGD, w - gradient / divisor - w / decay_inv, saturated. */
#if INTEGRAD_HAS_M3
#include "m3/descend.h"
#else
#include "portable/descend.h"
#endif

#endif
