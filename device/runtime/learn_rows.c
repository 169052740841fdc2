/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/two_rows.h"

#include "mve/learn_rows.h"
#elif INTEGRAD_HAS_DSP
#include "dsp/learn_rows.h"
#elif INTEGRAD_HAS_M0
#include "m0/gradients.h"

#include "m0/learn_rows.h"
#else
#include "portable/learn_rows.h"
#endif
