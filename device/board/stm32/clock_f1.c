/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks of STM32F103: the PLL makes 72 MHz from a crystal of 8 MHz. If the crystal does not start,
 * it makes 64 MHz from the oscillator in the chip, which is within 1 % at room temperature and
 * within 2.5 % from -40 to 105 degrees: enough for a serial port.
 */
#include "stm32.h"

#define RCC_CR RCC(0x00)
#define RCC_CFGR RCC(0x04)

#define CR_HSION (UINT32_C(1) << 0)
#define CR_HSEON (UINT32_C(1) << 16)
#define CR_HSERDY (UINT32_C(1) << 17)
#define CR_PLLON (UINT32_C(1) << 24)
#define CR_PLLRDY (UINT32_C(1) << 25)

#define CFGR_SW UINT32_C(3)
#define CFGR_SW_PLL UINT32_C(2)
#define CFGR_SWS (UINT32_C(3) << 2)
#define CFGR_SWS_PLL (UINT32_C(2) << 2)
#define CFGR_PPRE1_2 (UINT32_C(4) << 8)
#define CFGR_PLL_FROM_CRYSTAL (UINT32_C(1) << 16) /* otherwise from half of HSI */
#define CFGR_PLL_TIMES(factor) ((UINT32_C(factor) - 2) << 18)

#define ACR_PREFETCH (UINT32_C(1) << 4)

#define HSI_HZ UINT32_C(8000000)

#if BOARD_CRYSTAL_HZ != 0 && BOARD_CRYSTAL_HZ != 8000000
#error "the factors of the PLL are those for a crystal of 8 MHz"
#endif

static bool start_crystal(void) {
    RCC_CR |= CR_HSEON;
    return wait_for(&RCC_CR, CR_HSERDY, CR_HSERDY, WAIT_FOR_OSCILLATOR);
}

integrad_clocks integrad_start_clocks(void) {
    const uint32_t wait_states = 2; /* above 48 MHz */
    const bool crystal = BOARD_CRYSTAL_HZ != 0 && start_crystal();
    const uint32_t core_hz = crystal ? 72000000 : 64000000;
    RCC_CR |= CR_HSION; /* a boot loader may have left the PLL running */
    RCC_CFGR &= ~CFGR_SW;
    RCC_CR &= ~CR_PLLON;
    RCC_CFGR =
        CFGR_PPRE1_2 | (crystal ? CFGR_PLL_FROM_CRYSTAL | CFGR_PLL_TIMES(9) : CFGR_PLL_TIMES(16));
    RCC_CR |= CR_PLLON;
    if (wait_for(&RCC_CR, CR_PLLRDY, CR_PLLRDY, WAIT_FOR_OSCILLATOR)) {
        FLASH_ACR = ACR_PREFETCH | wait_states;
        RCC_CFGR |= CFGR_SW_PLL;
        if (wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL, WAIT_FOR_OSCILLATOR)) {
            const uint32_t divider = BOARD_USART == 1 ? 1 : 2;
            return (integrad_clocks){.core_hz = core_hz, .serial_hz = core_hz / divider};
        }
    }
    RCC_CFGR = 0;
    return (integrad_clocks){.core_hz = HSI_HZ, .serial_hz = HSI_HZ};
}
