/* SPDX-License-Identifier: Apache-2.0 */
/* The weight store in flash that the core reads like any memory. The family's flash.c programs and
 * erases it. */
#include "flash.h"

enum {
    SMALLEST_BUFFER = 64, /* for the header of a save */
    BUFFER_BYTES =
        BOARD_STORE_UNIT_BYTES > SMALLEST_BUFFER ? BOARD_STORE_UNIT_BYTES : SMALLEST_BUFFER
};

static uint32_t buffer[BUFFER_BYTES / sizeof(uint32_t)];

static int read_flash(void *bytes, uint32_t address, uint32_t count, void *context) {
    const volatile uint8_t *from = integrad_board_store_begin + address;
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return 0;
}

const integrad_store integrad_board_store = {.read = read_flash,
                                             .program = integrad_flash_program,
                                             .erase = integrad_flash_erase,
                                             .slots = BOARD_STORE_SLOTS,
                                             .slot_size = BOARD_STORE_SLOT_BYTES,
                                             .erase_size = BOARD_STORE_BLOCK_BYTES,
                                             .program_size = BOARD_STORE_UNIT_BYTES,
                                             .erased_value = 0xFF,
                                             .buffer = buffer,
                                             .buffer_size = sizeof buffer};
