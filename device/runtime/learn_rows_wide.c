/* SPDX-License-Identifier: Apache-2.0 */
#include "descend_wide.h"
#include "helpers.h"

#include "portable/learn_rows_wide.h"
