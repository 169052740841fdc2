/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers.h"
#include "scaled_wide.h"

#include "portable/linear_wide.h"
