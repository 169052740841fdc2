/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"
#include "scaled.h"

#if INTEGRAD_HAS_MVE
#include "mve/depthwise_few.h"
#include "mve/depthwise_row.h"

#include "m3/depthwise.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/depthwise_few.h"
#include "m3/depthwise_row.h"

#include "m3/depthwise.h"
#elif INTEGRAD_HAS_M3
#include "m3/depthwise_few.h"
#include "m3/depthwise_row.h"

#include "m3/depthwise.h"
#elif INTEGRAD_HAS_M0
#include "m0/depthwise.h"
#else
#include "portable/depthwise.h"
#endif
