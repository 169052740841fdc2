/* See README.md. */
#ifndef INTEGRAD_SYS_TYPES_H
#define INTEGRAD_SYS_TYPES_H
#include <stddef.h>
typedef int ssize_t;
typedef long off_t;
#endif
