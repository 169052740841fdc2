#include "descend_wide.h"
#include "helpers.h"

#include "portable/learn_rows_wide.h"
