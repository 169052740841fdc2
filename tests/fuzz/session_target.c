/*
 * The program that performs sessions, on any input: samples, labels, schedules and counts of every
 * value, in every order and cut off anywhere.
 */
#define main perform_session
#include "session-main.c"
#undef main

#include <stdlib.h>
#include <string.h>

static const uint8_t *input;
static size_t left;
static uint8_t written;

int integrad_read(void *bytes, size_t count) {
    if (count > left) {
        left = 0;
        return INTEGRAD_TRANSPORT_SHORT;
    }
    if (count > 0) {
        memcpy(bytes, input, count);
    }
    input += count;
    left -= count;
    return 0;
}

int integrad_write(const void *bytes, size_t count) {
    for (const uint8_t *byte = bytes; count > 0; count--) {
        written ^= *byte++;
    }
    return 0;
}

uint32_t integrad_stack_peak(void) {
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    left = size;
    const int status = perform_session();
    if (status < DONE || status > UNKNOWN_COMMAND) {
        abort();
    }
    return 0;
}
