/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of 1 or 2 KB, chosen by their address. */
#include "stm32.h"

#define FLASH_AR REGISTER(FLASH_BASE + 0x14)

#define CR_PER (UINT32_C(1) << 1)
#define CR_STRT (UINT32_C(1) << 6)

void integrad_flash_start_erase(uint32_t address) {
    FLASH_CR = CR_PER;
    FLASH_AR = address;
    FLASH_CR = CR_PER | CR_STRT;
}
