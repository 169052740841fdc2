/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a flash partition of Zephyr (CONFIG_FLASH_MAP, CONFIG_FLASH_PAGE_LAYOUT): in
 * the devicetree, it has the label weights_partition. The slots share it evenly. Its blocks must
 * have one size. Not tried on hardware.
 */
#include <zephyr/drivers/flash.h>
#include <zephyr/kernel.h>
#include <zephyr/storage/flash_map.h>

#include "integrad/store.h"

enum { SLOTS = 2, LARGEST_UNIT = 256 };

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
static uint32_t buffer[LARGEST_UNIT / 4];

integrad_store flash_store = {.read = read_area,
                              .program = program_area,
                              .erase = erase_area,
                              .lock = lock,
                              .unlock = unlock,
                              .context = &area,
                              .slots = SLOTS,
                              .buffer = buffer};

/* Returns 0 or a negative error. Call once, before anything is loaded. */
int open_flash_store(void) {
    struct flash_pages_info block;
    int result = flash_area_open(FIXED_PARTITION_ID(weights_partition), &area);
    if (result == 0) {
        result = flash_get_page_info_by_offs(flash_area_get_device(area), area->fa_off, &block);
    }
    if (result == 0) {
        const uint32_t unit = flash_area_align(area), erase = (uint32_t)block.size;
        if (unit == 0 || unit > LARGEST_UNIT) {
            return -1;
        }
        flash_store.program_size = unit;
        flash_store.erase_size = erase;
        flash_store.erased_value = flash_area_erased_val(area);
        flash_store.slot_size = (uint32_t)area->fa_size / SLOTS / erase * erase;
        flash_store.buffer_size = LARGEST_UNIT / unit * unit;
    }
    return result;
}
