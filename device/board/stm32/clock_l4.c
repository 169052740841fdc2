/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks of STM32L4: the PLL makes 80 MHz from HSI16, the oscillator in the chip, which is within
 * 1 % from 0 to 85 degrees. That is enough for a serial port, so that no crystal is needed. The
 * port is clocked by HSI16 itself, and does not depend on the PLL.
 */
#include "stm32.h"

#define RCC_CR RCC(0x00)
#define RCC_CFGR RCC(0x08)
#define RCC_PLLCFGR RCC(0x0C)

#define CR_HSION (UINT32_C(1) << 8)
#define CR_HSIRDY (UINT32_C(1) << 10)
#define CR_PLLON (UINT32_C(1) << 24)
#define CR_PLLRDY (UINT32_C(1) << 25)

/* 16 MHz from HSI16, times 10, divided by 2, to the output R. */
#define PLLCFGR_FROM_HSI UINT32_C(2)
#define PLLCFGR_TIMES_10 (UINT32_C(10) << 8)
#define PLLCFGR_ENABLE_R (UINT32_C(1) << 24)

#define CFGR_SW UINT32_C(3)
#define CFGR_SW_HSI UINT32_C(1)
#define CFGR_SW_PLL UINT32_C(3)
#define CFGR_SWS (UINT32_C(3) << 2)
#define CFGR_SWS_HSI (UINT32_C(1) << 2)
#define CFGR_SWS_PLL (UINT32_C(3) << 2)

#define CCIPR_USARTS UINT32_C(0xF)
#define CCIPR_USARTS_HSI UINT32_C(0xA) /* USART1 and USART2 */

#define ACR_PREFETCH_AND_CACHES (UINT32_C(7) << 8)

#define HSI_HZ UINT32_C(16000000)

integrad_clocks integrad_start_clocks(void) {
    const uint32_t wait_states = 4; /* above 64 MHz */
    integrad_clocks clocks = {.core_hz = HSI_HZ, .serial_hz = HSI_HZ};
    RCC_CR |= CR_HSION;
    (void)wait_for(&RCC_CR, CR_HSIRDY, CR_HSIRDY, WAIT_FOR_OSCILLATOR);
    RCC_CCIPR = (RCC_CCIPR & ~CCIPR_USARTS) | CCIPR_USARTS_HSI;
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW) | CFGR_SW_HSI;
    (void)wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_HSI, WAIT_FOR_OSCILLATOR);
    RCC_CR &= ~CR_PLLON; /* a boot loader may have left it running */
    RCC_PLLCFGR = PLLCFGR_FROM_HSI | PLLCFGR_TIMES_10 | PLLCFGR_ENABLE_R;
    RCC_CR |= CR_PLLON;
    if (wait_for(&RCC_CR, CR_PLLRDY, CR_PLLRDY, WAIT_FOR_OSCILLATOR)) {
        FLASH_ACR = ACR_PREFETCH_AND_CACHES | wait_states;
        (void)FLASH_ACR;
        RCC_CFGR |= CFGR_SW_PLL;
        if (wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL, WAIT_FOR_OSCILLATOR)) {
            clocks.core_hz = 80000000;
        } else {
            RCC_CFGR = (RCC_CFGR & ~CFGR_SW) | CFGR_SW_HSI;
        }
    }
    return clocks;
}
