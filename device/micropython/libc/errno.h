/* See README.md. MicroPython has numbers of its own. */
#ifndef INTEGRAD_ERRNO_H
#define INTEGRAD_ERRNO_H
extern int errno;
#define EDOM 33
#define ERANGE 34
#endif
