/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a flash partition of Zephyr (CONFIG_FLASH, CONFIG_FLASH_MAP), here the one
 * with the label weights_partition in the devicetree. Not tried on hardware.
 *
 * Blocks and units are those of nRF52 here; flash_get_parameters tells them. Memories that need no
 * erase (no-explicit-erase) get .erase = NULL.
 */
#include <zephyr/kernel.h>
#include <zephyr/storage/flash_map.h>

#include "integrad/store.h"

enum { SLOTS = 2, BLOCK = 4096, SLOT_BYTES = 4 * BLOCK, UNIT = 4 };

static K_MUTEX_DEFINE(mutex);

static int read_area(void *bytes, uint32_t address, uint32_t count, void *context) {
    return flash_area_read(*(const struct flash_area **)context, (off_t)address, bytes, count);
}

static int program_area(uint32_t address, const void *bytes, uint32_t count, void *context) {
    return flash_area_write(*(const struct flash_area **)context, (off_t)address, bytes, count);
}

static int erase_area(uint32_t address, uint32_t count, void *context) {
    return flash_area_erase(*(const struct flash_area **)context, (off_t)address, count);
}

static void lock(void *context) {
    (void)context;
    k_mutex_lock(&mutex, K_FOREVER);
}

static void unlock(void *context) {
    (void)context;
    k_mutex_unlock(&mutex);
}

static const struct flash_area *area;
static uint32_t buffer[64 / 4];

const integrad_store flash_store = {.read = read_area,
                                    .program = program_area,
                                    .erase = erase_area,
                                    .lock = lock,
                                    .unlock = unlock,
                                    .context = &area,
                                    .slots = SLOTS,
                                    .slot_size = SLOT_BYTES,
                                    .erase_size = BLOCK,
                                    .program_size = UNIT,
                                    .erased_value = 0xFF,
                                    .buffer = buffer,
                                    .buffer_size = sizeof buffer};

/* Returns 0 or a negative error. Call once, before anything is loaded. */
int open_flash_store(void) {
    return flash_area_open(FIXED_PARTITION_ID(weights_partition), &area);
}
