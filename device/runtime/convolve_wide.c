/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#include "portable/convolve_wide.h"
