/* SPDX-License-Identifier: Apache-2.0 */
/* The weight store in the last blocks of flash. The family's flash.c programs and erases it. */
#include "flash.h"

enum {
    SMALLEST_BUFFER = 64, /* for the header of a save */
    BUFFER_BYTES =
        BOARD_STORE_UNIT_BYTES > SMALLEST_BUFFER ? BOARD_STORE_UNIT_BYTES : SMALLEST_BUFFER
};

static uint32_t buffer[BUFFER_BYTES / sizeof(uint32_t)];

const integrad_store integrad_board_store = {.read = integrad_flash_read,
                                             .program = integrad_flash_program,
                                             .erase = integrad_flash_erase,
                                             .slots = BOARD_STORE_SLOTS,
                                             .slot_size = BOARD_STORE_SLOT_BYTES,
                                             .erase_size = BOARD_STORE_BLOCK_BYTES,
                                             .program_size = BOARD_STORE_UNIT_BYTES,
                                             .erased_value = 0xFF,
                                             .buffer = buffer,
                                             .buffer_size = sizeof buffer};
