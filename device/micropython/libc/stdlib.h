/* See README.md. */
#ifndef INTEGRAD_STDLIB_H
#define INTEGRAD_STDLIB_H
#include <stddef.h>
__attribute__((noreturn)) void exit(int status);
__attribute__((noreturn)) void abort(void);
static inline int abs(int value) {
    return value < 0 ? -value : value;
}
#endif
