/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#if INTEGRAD_HAS_MVE
#include "mve/scatter8.h"
#else
#include "portable/scatter8.h"
#endif
