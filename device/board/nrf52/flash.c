/* SPDX-License-Identifier: Apache-2.0 */
/* Flash of nRF52: pages of 4 KB, programmed by words. While a page is erased, for up to 90 ms, the
 * core stands still, and what arrives at the serial port, except for 6 bytes, is lost. */
#include "flash.h"
#include "nrf52.h"
#include "wait.h"

enum { READ_ONLY = 0, WRITE = 1, ERASE = 2, WORD = 4 };

static bool finish(void) {
    return wait_for(&NVMC_READY, 1, 1, WAIT_FOR_FLASH);
}

int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)(integrad_board_store_begin + address);
    const uint32_t *from = bytes;
    (void)context;
    NVMC_CONFIG = WRITE;
    bool done = finish();
    for (uint32_t i = 0; i < count / WORD && done; i++) {
        to[i] = from[i];
        done = finish();
    }
    NVMC_CONFIG = READ_ONLY;
    return done ? 0 : -1;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    const uint32_t begin = (uint32_t)(uintptr_t)integrad_board_store_begin;
    (void)context;
    NVMC_CONFIG = ERASE;
    bool done = finish();
    for (uint32_t at = address; at < address + count && done; at += BOARD_STORE_BLOCK_BYTES) {
        NVMC_ERASEPAGE = begin + at;
        done = finish();
    }
    NVMC_CONFIG = READ_ONLY;
    return done ? 0 : -1;
}
