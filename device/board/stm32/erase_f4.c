/* SPDX-License-Identifier: Apache-2.0 */
/* Sectors of 128 KB, which follow four of 16 KB and one of 64 KB. */
#include "stm32.h"

#if BOARD_STORE_SLOTS != 0 && BOARD_STORE_BLOCK_BYTES != 131072
#error "the store lies in sectors of 128 KB"
#endif

#define CR_SER (UINT32_C(1) << 1)
#define CR_SNB_SHIFT 3
#define CR_PSIZE_WORD (UINT32_C(2) << 8)
#define CR_STRT (UINT32_C(1) << 16)

void integrad_flash_start_erase(uint32_t address) {
    const uint32_t sector = 4 + (address - FLASH_START) / BOARD_STORE_BLOCK_BYTES;
    FLASH_CR = CR_PSIZE_WORD | CR_SER | sector << CR_SNB_SHIFT;
    FLASH_CR |= CR_STRT;
}
