/* The transport, by which a program exchanges bytes with its environment.
 *
 * On an emulated device: the files session.in and session.out, through semihosting. On a host:
 * standard input and output.
 */
#ifndef INTEGRAD_TRANSPORT_H
#define INTEGRAD_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

enum {
    INTEGRAD_TRANSPORT_CLOSED = -1, /* no input or output is available */
    INTEGRAD_TRANSPORT_SHORT = -2   /* fewer bytes than requested were read or written */
};

/* Reads exactly `count` bytes. Returns 0, or a negative error; then `bytes` is unspecified. */
int integrad_read(void *bytes, size_t count);

/* Writes exactly `count` bytes. Returns 0, or a negative error. */
int integrad_write(const void *bytes, size_t count);

/* Maximum stack usage in bytes since reset, including that of main. 0 on a host. */
uint32_t integrad_stack_peak(void);

#endif
