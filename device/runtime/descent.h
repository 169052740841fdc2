#ifndef INTEGRAD_DESCENT_H
#define INTEGRAD_DESCENT_H

#include <stdint.h>

/* How one layer's weights descend; `limit` is what they saturate at. */
struct integrad_descent {
    int32_t limit;
    int32_t divisor;
    int32_t decay_inv;
};

#endif
