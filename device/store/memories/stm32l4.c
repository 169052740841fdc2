/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in the internal flash of an STM32L4 (reference manual RM0351, chapter 3): pages
 * of 2 KB, programmed by 8 bytes with error correction. Not tried on hardware.
 *
 * The two slots are the last 16 pages of the first bank here; the linker script must keep the
 * program out of them. While a page is erased, for about 22 ms, code in the same bank waits.
 */
#include "integrad/store.h"

enum { PAGE = 2048, SLOT_PAGES = 8, SLOTS = 2, FIRST_PAGE = 256 - SLOTS * SLOT_PAGES, UNIT = 8 };

#define MEMORY (UINT32_C(0x08000000) + (uint32_t)FIRST_PAGE * PAGE)

#define REGISTER(offset) (*(volatile uint32_t *)(UINT32_C(0x40022000) + (offset)))
#define FLASH_ACR REGISTER(0x00)
#define FLASH_KEYR REGISTER(0x08)
#define FLASH_SR REGISTER(0x10)
#define FLASH_CR REGISTER(0x14)

#define ACR_CACHE (UINT32_C(1) << 10)
#define ACR_CACHE_RESET (UINT32_C(1) << 12)
#define SR_ERRORS UINT32_C(0xC3FA)
#define SR_BUSY (UINT32_C(1) << 16)
#define CR_PROGRAM (UINT32_C(1) << 0)
#define CR_ERASE_PAGE (UINT32_C(1) << 1)
#define CR_PAGE_SHIFT 3
#define CR_START (UINT32_C(1) << 16)
#define CR_LOCK (UINT32_C(1) << 31)

static int finish(void) {
    while (FLASH_SR & SR_BUSY) {
    }
    return (FLASH_SR & SR_ERRORS) == 0 ? 0 : -1;
}

/* The data cache keeps what was there before an erase. */
static void empty_cache(void) {
    const uint32_t access = FLASH_ACR;
    FLASH_ACR = access & ~ACR_CACHE;
    FLASH_ACR = (access & ~ACR_CACHE) | ACR_CACHE_RESET;
    FLASH_ACR = access;
}

static void open_flash(void) {
    (void)finish();
    if (FLASH_CR & CR_LOCK) {
        FLASH_KEYR = UINT32_C(0x45670123);
        FLASH_KEYR = UINT32_C(0xCDEF89AB);
    }
    FLASH_SR = SR_ERRORS; /* writing ones clears them */
}

/* A double-bit error in flash raises a non-maskable interrupt: its handler must return. */
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
    int result = 0;
    (void)context;
    open_flash();
    FLASH_CR = CR_PROGRAM;
    for (uint32_t i = 0; i < count / 4 && result == 0; i += 2) {
        to[i] = from[i];
        to[i + 1] = from[i + 1];
        result = finish();
    }
    FLASH_CR = CR_LOCK;
    return result;
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    int result = 0;
    (void)context;
    open_flash();
    for (uint32_t page = address / PAGE; page < (address + count) / PAGE && result == 0; page++) {
        FLASH_CR = CR_ERASE_PAGE | (FIRST_PAGE + page) << CR_PAGE_SHIFT;
        FLASH_CR |= CR_START;
        result = finish();
    }
    FLASH_CR = CR_LOCK;
    empty_cache();
    return result;
}

static uint32_t buffer[64 / 4];

const integrad_store flash_store = {.read = read_flash,
                                    .program = program_flash,
                                    .erase = erase_flash,
                                    .slots = SLOTS,
                                    .slot_size = SLOT_PAGES * PAGE,
                                    .erase_size = PAGE,
                                    .program_size = UNIT,
                                    .erased_value = 0xFF,
                                    .buffer = buffer,
                                    .buffer_size = sizeof buffer};
