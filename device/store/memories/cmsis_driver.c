/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a memory with a CMSIS-Driver for flash (Driver_Flash.h), here Driver_Flash0.
 * The slots are its last sectors, which must have one size. Not tried on hardware.
 */
#include "Driver_Flash.h"
#include "integrad/store.h"

enum { SLOTS = 2, SLOT_BYTES = 32 * 1024, LARGEST_UNIT = 256 };

extern ARM_DRIVER_FLASH Driver_Flash0;
#define DRIVER (&Driver_Flash0)

static uint32_t memory;       /* address of the first slot */
static uint32_t item = 1;     /* bytes of the items that the driver counts */
static uint32_t sector_bytes; /* what is erased at once */

/* Operations may go on in the background. */
static int finish(int32_t result) {
    ARM_FLASH_STATUS status;
    if (result < 0) {
        return -1;
    }
    do {
        status = DRIVER->GetStatus();
    } while (status.busy);
    return status.error ? -1 : 0;
}

static int read_flash(void *bytes, uint32_t address, uint32_t count, void *context) {
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t done = 0; done < count;) {
        /* Whole items, although the store reads any bytes. */
        uint32_t whole[LARGEST_UNIT / 4];
        const uint32_t from = (address + done) / item * item;
        const uint32_t before = address + done - from;
        uint32_t part = (uint32_t)sizeof whole - before;
        part = part < count - done ? part : count - done;
        const uint32_t items = (before + part + item - 1) / item;
        if (finish(DRIVER->ReadData(memory + from, whole, items)) != 0) {
            return -1;
        }
        for (uint32_t i = 0; i < part; i++) {
            to[done + i] = ((const uint8_t *)whole)[before + i];
        }
        done += part;
    }
    return 0;
}

static int program_flash(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    return finish(DRIVER->ProgramData(memory + address, bytes, count / item));
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    int result = 0;
    (void)context;
    for (uint32_t done = 0; done < count && result == 0; done += sector_bytes) {
        result = finish(DRIVER->EraseSector(memory + address + done));
    }
    return result;
}

static uint32_t buffer[LARGEST_UNIT / 4];

integrad_store flash_store = {.read = read_flash,
                              .program = program_flash,
                              .erase = erase_flash,
                              .slots = SLOTS,
                              .buffer = buffer};

/* Returns 0, or -1 if the memory does not suit. Call once, before anything is loaded. */
int open_flash_store(void) {
    ARM_FLASH_INFO *info = DRIVER->GetInfo();
    const ARM_FLASH_CAPABILITIES capabilities = DRIVER->GetCapabilities();
    uint32_t unit, slot, end;
    if (DRIVER->Initialize(NULL) < 0 || DRIVER->PowerControl(ARM_POWER_FULL) < 0) {
        return -1;
    }
    item = UINT32_C(1) << capabilities.data_width;
    if (info->sector_info != NULL) {
        ARM_FLASH_SECTOR *last = &info->sector_info[info->sector_count - 1];
        sector_bytes = last->end - last->start + 1;
        end = last->end + 1;
    } else {
        sector_bytes = info->sector_size;
        end = info->sector_count * info->sector_size;
    }
    unit = info->program_unit > item ? info->program_unit : item;
    if (unit > LARGEST_UNIT || sector_bytes == 0) {
        return -1;
    }
    slot = (SLOT_BYTES + sector_bytes - 1) / sector_bytes * sector_bytes;
    if (end < SLOTS * slot) {
        return -1;
    }
    memory = end - SLOTS * slot;
    flash_store.slot_size = slot;
    flash_store.erase_size = sector_bytes;
    flash_store.program_size = unit;
    flash_store.erased_value = info->erased_value;
    flash_store.buffer_size = LARGEST_UNIT / unit * unit;
    return 0;
}
