/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of 2 KB in two banks, chosen by their number in the bank. */
#include "stm32.h"

#define CR_PER (UINT32_C(1) << 1)
#define CR_PNB_SHIFT 3
#define CR_STRT (UINT32_C(1) << 16)

void integrad_flash_start_erase(uint32_t address) {
    const uint32_t page = (address - FLASH_START) / BOARD_STORE_BLOCK_BYTES;
    const uint32_t bank = page < FLASH_PAGES_OF_BANK ? 0 : FLASH_CR_SECOND_BANK;
    FLASH_CR = CR_PER | bank | page % FLASH_PAGES_OF_BANK << CR_PNB_SHIFT;
    FLASH_CR |= CR_STRT;
}
