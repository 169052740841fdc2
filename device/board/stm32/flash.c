/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flash that a program writes to itself. Series differ in addresses, in the size of what is
 * programmed at once, and in how a block is chosen for an erase (erase_*.c).
 *
 * While flash is erased, the core stands still if its code is in the same bank: for up to 40 ms
 * with pages, up to 2 s with the sectors of F4. What arrives at the serial port meanwhile is lost.
 */
#include "flash.h"
#include "stm32.h"

static int finish(void) {
    const bool done = wait_for(&FLASH_SR, FLASH_SR_BUSY, 0, WAIT_FOR_FLASH);
    return done && (FLASH_SR & FLASH_SR_ERRORS) == 0 ? 0 : -1;
}

static void open_flash(void) {
    (void)finish();
    if (FLASH_CR & FLASH_CR_LOCK) {
        FLASH_KEYR = UINT32_C(0x45670123);
        FLASH_KEYR = UINT32_C(0xCDEF89AB);
    }
    FLASH_SR = FLASH_SR_ERRORS; /* writing ones clears them */
}

/* The data cache keeps what was there before an erase. */
static void empty_cache(void) {
#if FLASH_HAS_DATA_CACHE
    const uint32_t enable = UINT32_C(1) << 10, empty = UINT32_C(1) << 12; /* DCEN, DCRST */
    const uint32_t access = FLASH_ACR;
    FLASH_ACR = access & ~enable;
    FLASH_ACR = (access & ~enable) | empty;
    FLASH_ACR = access;
#endif
}

static flash_word word_of(const uint8_t *bytes) {
    uint32_t word = 0;
    for (unsigned i = 0; i < sizeof(flash_word); i++) {
        word |= (uint32_t)bytes[i] << 8 * i;
    }
    return (flash_word)word;
}

int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    volatile flash_word *to =
        (volatile flash_word *)(uintptr_t)(integrad_board_store_begin + address);
    const uint8_t *from = bytes;
    int result = 0;
    (void)context;
    open_flash();
    FLASH_CR = FLASH_CR_PROGRAM;
    for (uint32_t done = 0; done < count && result == 0; done += BOARD_STORE_UNIT_BYTES) {
        for (unsigned i = 0; i < BOARD_STORE_UNIT_BYTES; i += sizeof(flash_word)) {
            *to++ = word_of(from + done + i);
        }
        result = finish();
    }
    FLASH_CR = FLASH_CR_LOCK;
    return result;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    const uint32_t begin = (uint32_t)(uintptr_t)integrad_board_store_begin;
    int result = 0;
    (void)context;
    open_flash();
    for (uint32_t at = address; at < address + count && result == 0;
         at += BOARD_STORE_BLOCK_BYTES) {
        integrad_flash_start_erase(begin + at);
        result = finish();
    }
    FLASH_CR = FLASH_CR_LOCK;
    empty_cache();
    return result;
}
