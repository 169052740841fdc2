/* How a program exchanges bytes with whoever runs it.
 *
 * On an emulated device: the files session.in and session.out, through semihosting. On a host:
 * standard input and output.
 */
#ifndef INTEGRAD_TRANSPORT_H
#define INTEGRAD_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

enum {
    INTEGRAD_TRANSPORT_CLOSED = -1, /* there is nothing to read from or to write to */
    INTEGRAD_TRANSPORT_SHORT = -2   /* fewer bytes were there, or could be written, than asked */
};

/* Reads exactly `count` bytes. Returns 0, or a negative error; then `bytes` is unspecified. */
int integrad_read(void *bytes, size_t count);

/* Writes exactly `count` bytes. Returns 0, or a negative error. */
int integrad_write(const void *bytes, size_t count);

/* Most bytes of stack that were in use since reset, main's own included. On a host 0. */
uint32_t integrad_stack_peak(void);

#endif
