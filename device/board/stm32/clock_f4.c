/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks of STM32F4: the PLL makes 84 or 168 MHz from the crystal. If the crystal does not start,
 * it makes the same from the oscillator in the chip, and if the PLL does not lock, that oscillator
 * itself is the clock. Its 16 MHz are within 1 % at room temperature, and within 4 % from -10 to
 * 85 degrees, at which a serial port just works; hence the crystal.
 */
#include "stm32.h"

#define RCC_CR RCC(0x00)
#define RCC_PLLCFGR RCC(0x04)
#define RCC_CFGR RCC(0x08)

#define CR_HSION (UINT32_C(1) << 0)
#define CR_HSEON (UINT32_C(1) << 16)
#define CR_HSERDY (UINT32_C(1) << 17)
#define CR_HSEBYP (UINT32_C(1) << 18)
#define CR_PLLON (UINT32_C(1) << 24)
#define CR_PLLRDY (UINT32_C(1) << 25)

/* Factors of the PLL: PLLM makes 1 MHz of its source, PLLN 336 MHz of that, PLLP the clock. */
#define PLLCFGR_FACTORS UINT32_C(0x0F437FFF)
#define PLLCFGR_FROM_CRYSTAL (UINT32_C(1) << 22)
enum { PLL_MHZ = 336, PLLN_SHIFT = 6, PLLP_SHIFT = 16, PLLQ_SHIFT = 24, PLLQ_48_MHZ = 7 };

#define CFGR_SW UINT32_C(3)
#define CFGR_SW_PLL UINT32_C(2)
#define CFGR_SWS (UINT32_C(3) << 2)
#define CFGR_SWS_PLL (UINT32_C(2) << 2)
#define CFGR_PRESCALERS UINT32_C(0xFCF0)
#define CFGR_PPRE1_2 (UINT32_C(4) << 10)
#define CFGR_PPRE1_4 (UINT32_C(5) << 10)
#define CFGR_PPRE2_2 (UINT32_C(4) << 13)

#define ACR_PREFETCH_AND_CACHES (UINT32_C(7) << 8)

#define HSI_HZ UINT32_C(16000000)

enum { FAST = BOARD_CORE_HZ > 84000000 }; /* more than the buses of peripherals can take */

static uint32_t start_source(void) {
#if BOARD_CRYSTAL_HZ != 0
#if BOARD_CRYSTAL_BYPASS
    RCC_CR |= CR_HSEBYP;
#endif
    RCC_CR |= CR_HSEON;
    if (wait_for(&RCC_CR, CR_HSERDY, CR_HSERDY, WAIT_FOR_OSCILLATOR)) {
        return PLLCFGR_FROM_CRYSTAL | BOARD_CRYSTAL_HZ / UINT32_C(1000000);
    }
#endif
    return HSI_HZ / UINT32_C(1000000);
}

/* A boot loader may have left the PLL running, which can be changed only when it is off. */
static bool start_pll(void) {
    RCC_CR |= CR_HSION;
    RCC_CFGR &= ~CFGR_SW;
    RCC_CR &= ~CR_PLLON;
    const uint32_t factors = start_source() | PLL_MHZ << PLLN_SHIFT |
                             (FAST ? 0 : UINT32_C(1)) << PLLP_SHIFT | PLLQ_48_MHZ << PLLQ_SHIFT;
    RCC_PLLCFGR = (RCC_PLLCFGR & ~PLLCFGR_FACTORS) | factors;
    RCC_CR |= CR_PLLON;
    return wait_for(&RCC_CR, CR_PLLRDY, CR_PLLRDY, WAIT_FOR_OSCILLATOR);
}

integrad_clocks integrad_start_clocks(void) {
    const uint32_t wait_states = FAST ? 5 : 2; /* one per 30 MHz at 3.3 V */
    if (!start_pll()) {
        return (integrad_clocks){.core_hz = HSI_HZ, .serial_hz = HSI_HZ};
    }
    FLASH_ACR = ACR_PREFETCH_AND_CACHES | wait_states;
    (void)FLASH_ACR;
    RCC_CFGR = (RCC_CFGR & ~CFGR_PRESCALERS) | (FAST ? CFGR_PPRE1_4 | CFGR_PPRE2_2 : CFGR_PPRE1_2);
    RCC_CFGR |= CFGR_SW_PLL;
    if (!wait_for(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL, WAIT_FOR_OSCILLATOR)) {
        RCC_CFGR &= ~(CFGR_PRESCALERS | CFGR_SW);
        return (integrad_clocks){.core_hz = HSI_HZ, .serial_hz = HSI_HZ};
    }
    const uint32_t divider = (FAST ? 2 : 1) * (BOARD_USART == 2 ? 2 : 1);
    return (integrad_clocks){.core_hz = BOARD_CORE_HZ, .serial_hz = BOARD_CORE_HZ / divider};
}
