/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in the flash chip of a Raspberry Pi Pico, with the Pico SDK (hardware_flash,
 * hardware_sync): sectors of 4 KB, programmed by pages of 256 bytes. Not tried on hardware.
 *
 * The slots are the end of the flash chip. Nothing may run from flash while it is changed:
 * interrupts are off, and the other core must be stopped (multicore_lockout_start_blocking) if it
 * is used.
 */
#include "hardware/flash.h"
#include "hardware/sync.h"
#include "integrad/store.h"

enum { SLOTS = 2, SLOT_BYTES = 32 * 1024, FLASH_BYTES = PICO_FLASH_SIZE_BYTES };

static const uint32_t memory = FLASH_BYTES - SLOTS * SLOT_BYTES;

static int read_flash(void *bytes, uint32_t address, uint32_t count, void *context) {
    const uint8_t *from = (const uint8_t *)(XIP_BASE + memory + address);
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return 0;
}

static int program_flash(uint32_t address, const void *bytes, uint32_t count, void *context) {
    const uint32_t interrupts = save_and_disable_interrupts();
    (void)context;
    flash_range_program(memory + address, bytes, count);
    restore_interrupts(interrupts);
    return 0;
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    const uint32_t interrupts = save_and_disable_interrupts();
    (void)context;
    flash_range_erase(memory + address, count);
    restore_interrupts(interrupts);
    return 0;
}

static uint8_t page[FLASH_PAGE_SIZE];

const integrad_store flash_store = {.read = read_flash,
                                    .program = program_flash,
                                    .erase = erase_flash,
                                    .slots = SLOTS,
                                    .slot_size = SLOT_BYTES,
                                    .erase_size = FLASH_SECTOR_SIZE,
                                    .program_size = FLASH_PAGE_SIZE,
                                    .erased_value = 0xFF,
                                    .buffer = page,
                                    .buffer_size = sizeof page};
