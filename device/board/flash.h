/* SPDX-License-Identifier: Apache-2.0 */
/* What flash_store.c needs of the flash of a family. */
#ifndef INTEGRAD_BOARD_FLASH_H
#define INTEGRAD_BOARD_FLASH_H

#include "driver.h"

/* As in integrad_store. Addresses are offsets from integrad_board_store_begin. `bytes` is aligned
 * to four bytes. Where the core reads flash like any memory, integrad_flash_read is in
 * mapped_read.c. */
int integrad_flash_read(void *bytes, uint32_t address, uint32_t count, void *context);
int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context);
int integrad_flash_erase(uint32_t address, uint32_t count, void *context);

#endif
