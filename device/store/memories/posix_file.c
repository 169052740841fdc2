/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a file, for example of a gateway that runs Linux. A file needs no erasing;
 * fsync makes sure that what was written survives a power cut.
 */
#include <fcntl.h>
#include <unistd.h>

#include "integrad/store.h"

enum { SLOTS = 2, SLOT_BYTES = 1 << 20, UNIT = 64 };

static int read_file(void *bytes, uint32_t address, uint32_t count, void *context) {
    uint8_t *to = bytes;
    const ssize_t found = pread(*(int *)context, to, count, (off_t)address);
    if (found < 0) {
        return -1;
    }
    /* What was never written reads as erased. */
    for (uint32_t i = (uint32_t)found; i < count; i++) {
        to[i] = 0;
    }
    return 0;
}

static int program_file(uint32_t address, const void *bytes, uint32_t count, void *context) {
    return pwrite(*(int *)context, bytes, count, (off_t)address) == (ssize_t)count ? 0 : -1;
}

static int sync_file(void *context) {
    return fsync(*(int *)context);
}

/* *file: a descriptor, opened for reading and writing, that must outlive the store. */
integrad_store file_store(int *file, uint8_t buffer[UNIT]) {
    const integrad_store store = {.read = read_file,
                                  .program = program_file,
                                  .sync = sync_file,
                                  .context = file,
                                  .slots = SLOTS,
                                  .slot_size = SLOT_BYTES,
                                  .erase_size = UNIT,
                                  .program_size = UNIT,
                                  .erased_value = 0,
                                  .buffer = buffer,
                                  .buffer_size = UNIT};
    return store;
}
