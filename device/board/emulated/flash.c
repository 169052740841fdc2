/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of an emulated machine that stands for NOR flash.
 *
 * A block is erased as a whole, to ones. A unit is programmed as a whole, and once after it was
 * erased, as chips with error correction demand. A program that does anything else would work on
 * some chips and damage its data on others; here it says so on the serial port and ends.
 *
 * Every word is changed by integrad_flash_change, so that a test can cut the power before any of
 * them.
 */
#include "flash.h"

#include "bare_metal/semihosting.h"

#define ERASED 0xFFFFFFFFu

enum { WORD = sizeof(uint32_t), EXIT_FLASH = 126 };

void integrad_flash_change(volatile uint32_t *word, uint32_t value);
__attribute__((noinline)) void integrad_flash_change(volatile uint32_t *word, uint32_t value) {
    *word = value;
}

static void send_text(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    integrad_board_send(text, length);
}

static void send_number(uint32_t value) {
    char digits[] = "0x00000000";
    for (uint32_t i = sizeof digits - 2; i >= 2; i--) {
        digits[i] = "0123456789abcdef"[value & 15u];
        value >>= 4;
    }
    send_text(digits);
}

__attribute__((noreturn)) static void refuse(const char *what, uint32_t address, uint32_t count) {
    send_text("\r\nflash: ");
    send_text(what);
    send_text(", address ");
    send_number(address);
    send_text(", bytes ");
    send_number(count);
    send_text("\r\n");
    semihosting_exit(EXIT_FLASH);
}

static bool is_inside(uint32_t address, uint32_t count, uint32_t whole) {
    const uint32_t size = (uint32_t)(integrad_board_store_end - integrad_board_store_begin);
    return address % whole == 0 && count % whole == 0 && address <= size && count <= size - address;
}

static volatile uint32_t *word_at(uint32_t address) {
    return (volatile uint32_t *)(uintptr_t)(integrad_board_store_begin + address);
}

int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    const uint8_t *from = bytes;
    (void)context;
    if (!is_inside(address, count, BOARD_STORE_UNIT_BYTES)) {
        refuse("programmed what is not whole units of the store", address, count);
    }
    for (uint32_t at = 0; at < count; at += WORD) {
        if (*word_at(address + at) != ERASED) {
            refuse("programmed what is not erased", address + at, count);
        }
    }
    for (uint32_t at = 0; at < count; at += WORD) {
        uint32_t value = 0;
        for (uint32_t i = WORD; i > 0; i--) {
            value = value << 8 | from[at + i - 1];
        }
        integrad_flash_change(word_at(address + at), value);
    }
    return 0;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    (void)context;
    if (!is_inside(address, count, BOARD_STORE_BLOCK_BYTES)) {
        refuse("erased what is not whole blocks of the store", address, count);
    }
    for (uint32_t at = 0; at < count; at += WORD) {
        integrad_flash_change(word_at(address + at), ERASED);
    }
    return 0;
}
