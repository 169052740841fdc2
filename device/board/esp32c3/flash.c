/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weight store in the flash chip of an ESP32-C3, by functions of the boot ROM at the addresses
 * that Espressif documents (esp32c3.rom.ld of ESP-IDF). The program runs from RAM, so that it goes
 * on while flash is changed.
 */
#include "flash.h"
#include "esp32c3.h"

enum { WORD = 4, PIECE = 64, SECTOR = 4096 };

typedef int (*rom_read)(uint32_t address, uint32_t *words, int32_t count);
typedef int (*rom_write)(uint32_t address, const uint32_t *words, int32_t count);
typedef int (*rom_erase_sector)(uint32_t number);

static const rom_erase_sector erase_sector = (rom_erase_sector)0x40000128;
static const rom_write write_words = (rom_write)0x4000012C;
static const rom_read read_words = (rom_read)0x40000130;

/* What the ROM knows of the flash chip; an emulator without the ROM has nothing there. */
#define ROM_FLASH_DATA REGISTER(0x3FCDFFF0u)

#define FLASH_START 0x42000000u /* where the linker script imagines the chip */

static uint32_t offset_of(uint32_t address) {
    return (uint32_t)(uintptr_t)integrad_board_store_begin - FLASH_START + address;
}

/* The ROM reads whole words only. */
int integrad_flash_read(void *bytes, uint32_t address, uint32_t count, void *context) {
    uint8_t *to = bytes;
    (void)context;
    if (ROM_FLASH_DATA == 0) {
        return -1;
    }
    for (uint32_t done = 0; done < count;) {
        uint32_t words[PIECE / WORD];
        const uint32_t at = address + done, begin = at % WORD;
        if (read_words(offset_of(at - begin), words, PIECE) != 0) {
            return -1;
        }
        for (uint32_t i = begin; i < PIECE && done < count; i++) {
            to[done++] = (uint8_t)(words[i / WORD] >> 8 * (i % WORD));
        }
    }
    return 0;
}

int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    if (ROM_FLASH_DATA == 0) {
        return -1;
    }
    return write_words(offset_of(address), bytes, (int32_t)count) == 0 ? 0 : -1;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    int result = ROM_FLASH_DATA == 0 ? -1 : 0;
    (void)context;
    for (uint32_t at = address; at < address + count && result == 0; at += SECTOR) {
        result = erase_sector(offset_of(at) / SECTOR) == 0 ? 0 : -1;
    }
    return result;
}
