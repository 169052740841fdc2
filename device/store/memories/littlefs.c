/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a file of littlefs, for devices that have a file system anyway. littlefs
 * writes what has changed to free blocks, and lfs_file_sync makes it valid at once. Not tried on
 * hardware.
 */
#include "integrad/store.h"
#include "lfs.h"

enum { SLOTS = 2, SLOT_BYTES = 16 * 1024, UNIT = 64 };

/* Both must outlive the store. The file is open for reading and writing. */
struct file_of_weights {
    lfs_t *system;
    lfs_file_t *file;
};

static int read_file(void *bytes, uint32_t address, uint32_t count, void *context) {
    const struct file_of_weights *of = context;
    uint8_t *to = bytes;
    if (lfs_file_seek(of->system, of->file, (lfs_soff_t)address, LFS_SEEK_SET) < 0) {
        return -1;
    }
    const lfs_ssize_t found = lfs_file_read(of->system, of->file, to, count);
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
    const struct file_of_weights *of = context;
    if (lfs_file_seek(of->system, of->file, (lfs_soff_t)address, LFS_SEEK_SET) < 0) {
        return -1;
    }
    return lfs_file_write(of->system, of->file, bytes, count) == (lfs_ssize_t)count ? 0 : -1;
}

static int sync_file(void *context) {
    const struct file_of_weights *of = context;
    return lfs_file_sync(of->system, of->file);
}

integrad_store littlefs_store(struct file_of_weights *of, uint8_t buffer[UNIT]) {
    const integrad_store store = {.read = read_file,
                                  .program = program_file,
                                  .sync = sync_file,
                                  .context = of,
                                  .slots = SLOTS,
                                  .slot_size = SLOT_BYTES,
                                  .erase_size = UNIT,
                                  .program_size = UNIT,
                                  .erased_value = 0,
                                  .buffer = buffer,
                                  .buffer_size = UNIT};
    return store;
}
