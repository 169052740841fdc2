/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"

#include "clip.h"
#include "rounding.h"

#include "portable/requantise.h"
