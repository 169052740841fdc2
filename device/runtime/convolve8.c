/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "portable/position8.h"

#include "mve/lines8.h"
#include "mve/rows8.h"
#include "mve/slots8.h"

#include "mve/convolve8.h"
#elif INTEGRAD_HAS_DSP
#include "portable/position8.h"

#include "dsp/rows8.h"
#include "m3/scale8.h"
#include "m3/two_patches8.h"

#include "m3/convolve8.h"
#elif INTEGRAD_HAS_M3
#include "portable/position8.h"

#include "m3/rows8.h"
#include "m3/scale8.h"
#include "m3/two_patches8.h"

#include "m3/convolve8.h"
#else
#include "portable/position8.h"

#include "portable/convolve8.h"
#endif
