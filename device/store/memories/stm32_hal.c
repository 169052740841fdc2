/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in the internal flash of an STM32 with pages of one size, by the HAL: STM32L4,
 * G0 and G4, which program 8 bytes at once with error correction. Not tried on hardware.
 *
 * The slots are the last pages of the first bank; the linker script must keep the program out of
 * them. While a page is erased, for about 22 ms, code in the same bank waits.
 */
#include "main.h" /* of STM32CubeIDE: includes the HAL */

#include "integrad/store.h"

/* PAGES: of the first bank, for example 256 on an STM32L476, which has two of them. */
enum { PAGES = 256, SLOT_PAGES = 8, SLOTS = 2, FIRST_PAGE = PAGES - SLOTS * SLOT_PAGES, UNIT = 8 };

#define MEMORY (FLASH_BASE + (uint32_t)FIRST_PAGE * FLASH_PAGE_SIZE)

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
    const uint64_t *from = bytes; /* the aligned buffer */
    HAL_StatusTypeDef result = HAL_FLASH_Unlock();
    (void)context;
    for (uint32_t i = 0; i < count / UNIT && result == HAL_OK; i++) {
        const uint32_t to = MEMORY + address + i * UNIT;
        result = HAL_FLASH_Program(FLASH_TYPEPROGRAM_DOUBLEWORD, to, from[i]);
    }
    (void)HAL_FLASH_Lock();
    return result == HAL_OK ? 0 : -1;
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    FLASH_EraseInitTypeDef erase = {0};
    uint32_t failed;
    HAL_StatusTypeDef result = HAL_FLASH_Unlock();
    (void)context;
    erase.TypeErase = FLASH_TYPEERASE_PAGES;
    erase.Banks = FLASH_BANK_1;
    erase.Page = FIRST_PAGE + address / FLASH_PAGE_SIZE;
    erase.NbPages = count / FLASH_PAGE_SIZE;
    if (result == HAL_OK) {
        result = HAL_FLASHEx_Erase(&erase, &failed);
    }
    (void)HAL_FLASH_Lock();
    return result == HAL_OK ? 0 : -1;
}

static uint64_t buffer[64 / 8];

const integrad_store flash_store = {.read = read_flash,
                                    .program = program_flash,
                                    .erase = erase_flash,
                                    .slots = SLOTS,
                                    .slot_size = SLOT_PAGES * FLASH_PAGE_SIZE,
                                    .erase_size = FLASH_PAGE_SIZE,
                                    .program_size = UNIT,
                                    .erased_value = 0xFF,
                                    .buffer = buffer,
                                    .buffer_size = sizeof buffer};
