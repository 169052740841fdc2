/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of STM32G0B1 (reference manual RM0444), as delivered: with two banks of flash. */
#ifndef INTEGRAD_STM32G0_H
#define INTEGRAD_STM32G0_H

#include "usart_l4_g0.h"

#define RCC_BASE UINT32_C(0x40021000)
#define RCC_IOPENR RCC(0x34)
#define RCC_APBENR1 RCC(0x3C)
#define RCC_APBENR2 RCC(0x40)
#define RCC_CCIPR RCC(0x54)

#define GPIO_BASE UINT32_C(0x50000000)
#define GPIO_IDR 0x10
#define GPIO_BSRR 0x18
#define GPIO_CLOCKS RCC_IOPENR
#define GPIO_CLOCK_OF_A 0

#define FLASH_BASE UINT32_C(0x40022000)
#define FLASH_ACR REGISTER(FLASH_BASE + 0x00)
#define FLASH_KEYR REGISTER(FLASH_BASE + 0x08)
#define FLASH_SR REGISTER(FLASH_BASE + 0x10)
#define FLASH_CR REGISTER(FLASH_BASE + 0x14)
#define FLASH_SR_BUSY (UINT32_C(7) << 16) /* BSY1, BSY2, CFGBSY */
#define FLASH_SR_ERRORS UINT32_C(0xC3FA)
#define FLASH_CR_PROGRAM (UINT32_C(1) << 0) /* PG */
#define FLASH_CR_LOCK (UINT32_C(1) << 31)
#define FLASH_CR_SECOND_BANK                                                                       \
    (UINT32_C(1) << 13 | UINT32_C(256) << 3) /* BKER; its pages begin at 256 */
#define FLASH_PAGES_OF_BANK 128
#define FLASH_HAS_DATA_CACHE 0
#define flash_word uint32_t

#if BOARD_USART == 1
#define USART_BASE UINT32_C(0x40013800)
#define USART_CLOCKS RCC_APBENR2
#define USART_CLOCK 14
#elif BOARD_USART == 2
#define USART_BASE UINT32_C(0x40004400)
#define USART_CLOCKS RCC_APBENR1
#define USART_CLOCK 17
#endif

#endif
