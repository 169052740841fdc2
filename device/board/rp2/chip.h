/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the RP2040 and of the RP2350, as far as the driver needs them. The peripherals are
 * the same; they lie elsewhere. */
#ifndef INTEGRAD_BOARD_RP2_CHIP_H
#define INTEGRAD_BOARD_RP2_CHIP_H

#include "driver.h"

/* BOARD_CHIP is 2040 or 2350. */
#if BOARD_CHIP == 2040

#define PSM 0x40010000u
#define CLOCKS 0x40008000u
#define RESETS 0x4000C000u
#define IO_BANK0 0x40014000u
#define PADS_BANK0 0x4001C000u
#define XOSC 0x40024000u
#define PLL_SYS 0x40028000u
#define WATCHDOG 0x40058000u
#define UART(number) (0x40034000u + 0x4000u * (number))

#define GPIO_IN 0xD0000004u
#define GPIO_OUT_SET 0xD0000014u
#define GPIO_OUT_CLEAR 0xD0000018u
#define GPIO_OUTPUT_SET 0xD0000024u

#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PLL_SYS (1u << 12)
#define RESET_UART(number) (1u << (22 + (number)))
#define EVERYTHING_BUT_OSCILLATORS 0x0001FFFCu /* of PSM_WDSEL: all but bits 0 and 1 */

/* 12 MHz x 125 / 6 / 2 = 125 MHz */
#define PLL_POST_DIVIDER_1 6u
#define PLL_POST_DIVIDER_2 2u

#define RING_OSCILLATOR_HZ 6500000u /* typically; it differs from chip to chip */

#else

#define PSM 0x40018000u
#define CLOCKS 0x40010000u
#define RESETS 0x40020000u
#define IO_BANK0 0x40028000u
#define PADS_BANK0 0x40038000u
#define XOSC 0x40048000u
#define PLL_SYS 0x40050000u
#define WATCHDOG 0x400D8000u
#define UART(number) (0x40070000u + 0x8000u * (number))

#define GPIO_IN 0xD0000004u
#define GPIO_OUT_SET 0xD0000018u
#define GPIO_OUT_CLEAR 0xD0000020u
#define GPIO_OUTPUT_SET 0xD0000038u

/* The platform timer of RISC-V. */
#define MTIME_CTRL 0xD00001A4u
#define MTIME 0xD00001B0u
#define MTIMEH 0xD00001B4u

#define RESET_IO_BANK0 (1u << 6)
#define RESET_PADS_BANK0 (1u << 9)
#define RESET_PLL_SYS (1u << 14)
#define RESET_UART(number) (1u << (26 + (number)))
#define EVERYTHING_BUT_OSCILLATORS 0x01FFFFF3u /* of PSM_WDSEL: all but bits 2 and 3 */

/* 12 MHz x 125 / 5 / 2 = 150 MHz */
#define PLL_POST_DIVIDER_1 5u
#define PLL_POST_DIVIDER_2 2u

#define RING_OSCILLATOR_HZ 11000000u /* typically; it differs from chip to chip */

#endif

#define PLL_FEEDBACK_DIVIDER 125u

/* Every register of a peripheral has two more addresses: bits written as 1 are set, or cleared. */
#define SET_BITS(address, bits) (REGISTER((address) + 0x2000u) = (bits))
#define CLEAR_BITS(address, bits) (REGISTER((address) + 0x3000u) = (bits))

#define PSM_WDSEL (PSM + 0x08u)
#define RESETS_RESET (RESETS + 0x00u)
#define RESETS_DONE (RESETS + 0x08u)

#define CLK_REF_CTRL (CLOCKS + 0x30u)
#define CLK_REF_SELECTED (CLOCKS + 0x38u)
#define CLK_SYS_CTRL (CLOCKS + 0x3Cu)
#define CLK_SYS_SELECTED (CLOCKS + 0x44u)
#define CLK_PERI_CTRL (CLOCKS + 0x48u)

#define XOSC_CTRL (XOSC + 0x00u)
#define XOSC_STATUS (XOSC + 0x04u)
#define XOSC_STARTUP (XOSC + 0x0Cu)

#define PLL_CS (PLL_SYS + 0x00u)
#define PLL_PWR (PLL_SYS + 0x04u)
#define PLL_FBDIV (PLL_SYS + 0x08u)
#define PLL_PRIM (PLL_SYS + 0x0Cu)

#define WATCHDOG_CTRL (WATCHDOG + 0x00u)
#define WATCHDOG_SCRATCH4 (WATCHDOG + 0x1Cu)

#define GPIO_CTRL(pin) (IO_BANK0 + 0x04u + 8u * (pin))
#define PAD(pin) (PADS_BANK0 + 0x04u + 4u * (pin))

#define UART_DR(number) (UART(number) + 0x00u)
#define UART_FR(number) (UART(number) + 0x18u)
#define UART_IBRD(number) (UART(number) + 0x24u)
#define UART_FBRD(number) (UART(number) + 0x28u)
#define UART_LCR_H(number) (UART(number) + 0x2Cu)
#define UART_CR(number) (UART(number) + 0x30u)
#define UART_IFLS(number) (UART(number) + 0x34u)
#define UART_IMSC(number) (UART(number) + 0x38u)
#define UART_ICR(number) (UART(number) + 0x44u)

#endif
