/* SPDX-License-Identifier: Apache-2.0 */
/* Flash that the core reads like any memory: what a family implements for mapped_store.c. */
#ifndef INTEGRAD_BOARD_FLASH_H
#define INTEGRAD_BOARD_FLASH_H

#include "driver.h"

/* As in integrad_store. Addresses are offsets from integrad_board_store_begin. `bytes` is aligned
 * to four bytes. */
int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context);
int integrad_flash_erase(uint32_t address, uint32_t count, void *context);

#endif
