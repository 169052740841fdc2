/* SPDX-License-Identifier: Apache-2.0 */
/* Flash that the core reads like any memory. */
#include "flash.h"

int integrad_flash_read(void *bytes, uint32_t address, uint32_t count, void *context) {
    const volatile uint8_t *from = integrad_board_store_begin + address;
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return 0;
}
