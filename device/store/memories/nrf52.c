/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in the internal flash of an nRF52832 or nRF52840 (product specification, chapter
 * NVMC): pages of 4 KB, programmed by words. Not tried on hardware, and not for programs with a
 * SoftDevice, which has functions of its own for this.
 *
 * The slots are pages 112 to 119 of 128 here; the linker script must keep the program out of them.
 * While a page is erased, for up to 90 ms, the core stands still.
 */
#include "integrad/store.h"

enum { PAGE = 4096, SLOT_PAGES = 4, SLOTS = 2, FIRST_PAGE = 112, WORD = 4 };

#define MEMORY ((uint32_t)FIRST_PAGE * PAGE)

#define REGISTER(offset) (*(volatile uint32_t *)(UINT32_C(0x4001E000) + (offset)))
#define NVMC_READY REGISTER(0x400)
#define NVMC_CONFIG REGISTER(0x504)
#define NVMC_ERASEPAGE REGISTER(0x508)

enum { READ_ONLY = 0, WRITE = 1, ERASE = 2 };

static void set_mode(uint32_t mode) {
    NVMC_CONFIG = mode;
    while (NVMC_READY == 0) {
    }
}

static int read_flash(void *bytes, uint32_t address, uint32_t count, void *context) {
    const volatile uint8_t *from = (const volatile uint8_t *)(MEMORY + address);
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return 0;
}

static int program_flash(uint32_t address, const void *bytes, uint32_t count, void *context) {
    volatile uint32_t *to = (volatile uint32_t *)(MEMORY + address);
    const uint32_t *from = bytes; /* the aligned buffer */
    (void)context;
    set_mode(WRITE);
    for (uint32_t i = 0; i < count / WORD; i++) {
        to[i] = from[i];
        while (NVMC_READY == 0) {
        }
    }
    set_mode(READ_ONLY);
    return 0;
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    (void)context;
    set_mode(ERASE);
    for (uint32_t at = address; at < address + count; at += PAGE) {
        NVMC_ERASEPAGE = MEMORY + at;
        while (NVMC_READY == 0) {
        }
    }
    set_mode(READ_ONLY);
    return 0;
}

static uint32_t buffer[64 / WORD];

const integrad_store flash_store = {.read = read_flash,
                                    .program = program_flash,
                                    .erase = erase_flash,
                                    .slots = SLOTS,
                                    .slot_size = SLOT_PAGES * PAGE,
                                    .erase_size = PAGE,
                                    .program_size = WORD,
                                    .erased_value = 0xFF,
                                    .buffer = buffer,
                                    .buffer_size = sizeof buffer};
