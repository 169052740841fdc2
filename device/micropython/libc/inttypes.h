/* See README.md. */
#include <stdint.h>
