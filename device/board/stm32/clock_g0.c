/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks of STM32G0: the PLL makes 64 MHz from HSI16, the oscillator in the chip, which is within
 * 1 % from 0 to 85 degrees. That is enough for a serial port, so that no crystal is needed. The
 * port is clocked by HSI16 itself, and does not depend on the PLL.
 */
#include "stm32.h"

#define RCC_CR RCC(0x00)
#define RCC_CFGR RCC(0x08)
#define RCC_PLLCFGR RCC(0x0C)

#define CR_HSIDIV (UINT32_C(7) << 11)
#define CR_PLLON (UINT32_C(1) << 24)
#define CR_PLLRDY (UINT32_C(1) << 25)

/* 16 MHz from HSI16, times 8, divided by 2, to the output R. */
#define PLLCFGR_FROM_HSI UINT32_C(2)
#define PLLCFGR_TIMES_8 (UINT32_C(8) << 8)
#define PLLCFGR_ENABLE_R (UINT32_C(1) << 28)
#define PLLCFGR_R_2 (UINT32_C(1) << 29)

#define CFGR_SW UINT32_C(7)
#define CFGR_SW_PLL UINT32_C(2)
#define CFGR_SWS (UINT32_C(7) << 3)
#define CFGR_SWS_HSI UINT32_C(0)
#define CFGR_SWS_PLL (UINT32_C(2) << 3)

#define CCIPR_USARTS UINT32_C(0xF)
#define CCIPR_USARTS_HSI UINT32_C(0xA) /* USART1 and USART2 */

#define ACR_LATENCY UINT32_C(7)
#define ACR_PREFETCH_AND_CACHE (UINT32_C(3) << 8)

#define HSI_HZ UINT32_C(16000000)

integrad_clocks integrad_start_clocks(void) {
    const uint32_t wait_states = 2; /* above 48 MHz */
    integrad_clocks clocks = {.core_hz = HSI_HZ, .serial_hz = HSI_HZ};
    RCC_CCIPR = (RCC_CCIPR & ~CCIPR_USARTS) | CCIPR_USARTS_HSI;
    RCC_CFGR &= ~CFGR_SW; /* a boot loader may have left the PLL running */
    (void)wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_HSI, WAIT_FOR_OSCILLATOR);
    RCC_CR &= ~(CR_HSIDIV | CR_PLLON);
    RCC_PLLCFGR = PLLCFGR_FROM_HSI | PLLCFGR_TIMES_8 | PLLCFGR_ENABLE_R | PLLCFGR_R_2;
    RCC_CR |= CR_PLLON;
    if (wait_for(&RCC_CR, CR_PLLRDY, CR_PLLRDY, WAIT_FOR_OSCILLATOR)) {
        FLASH_ACR = (FLASH_ACR & ~ACR_LATENCY) | ACR_PREFETCH_AND_CACHE | wait_states;
        (void)FLASH_ACR;
        RCC_CFGR |= CFGR_SW_PLL;
        if (wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL, WAIT_FOR_OSCILLATOR)) {
            clocks.core_hz = 64000000;
        } else {
            RCC_CFGR &= ~CFGR_SW;
        }
    }
    return clocks;
}
