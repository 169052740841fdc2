#include "helpers.h"

#include "portable/accumulate_wide.h"
