/* The transport of a program that runs on the host: standard input and output. */
#define _POSIX_C_SOURCE 200809L

#include "transport.h"

#include <errno.h>
#include <unistd.h>

int integrad_read(void *bytes, size_t count) {
    uint8_t *next = bytes;
    while (count > 0) {
        ssize_t done = read(STDIN_FILENO, next, count);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done < 0 ? INTEGRAD_TRANSPORT_CLOSED : INTEGRAD_TRANSPORT_SHORT;
        }
        next += done;
        count -= (size_t)done;
    }
    return 0;
}

int integrad_write(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    while (count > 0) {
        ssize_t done = write(STDOUT_FILENO, next, count);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return INTEGRAD_TRANSPORT_CLOSED;
        }
        next += done;
        count -= (size_t)done;
    }
    return 0;
}

uint32_t integrad_stack_peak(void) {
    return 0;
}
