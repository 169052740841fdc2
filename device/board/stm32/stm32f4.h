/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of STM32F4: F401 (reference manual RM0368), F405 and F407 (RM0090), F411 (RM0383), F446
 * (RM0390). */
#ifndef INTEGRAD_STM32F4_H
#define INTEGRAD_STM32F4_H

#include "usart_f1_f4.h"

#define RCC_BASE UINT32_C(0x40023800)
#define RCC_AHB1ENR RCC(0x30)
#define RCC_APB1ENR RCC(0x40)
#define RCC_APB2ENR RCC(0x44)

#define GPIO_BASE UINT32_C(0x40020000)
#define GPIO_IDR 0x10
#define GPIO_BSRR 0x18
#define GPIO_CLOCKS RCC_AHB1ENR
#define GPIO_CLOCK_OF_A 0

#define FLASH_BASE UINT32_C(0x40023C00)
#define FLASH_ACR REGISTER(FLASH_BASE + 0x00)
#define FLASH_KEYR REGISTER(FLASH_BASE + 0x04)
#define FLASH_SR REGISTER(FLASH_BASE + 0x0C)
#define FLASH_CR REGISTER(FLASH_BASE + 0x10)
#define FLASH_SR_BUSY (UINT32_C(1) << 16) /* BSY */
#define FLASH_SR_ERRORS UINT32_C(0xF2)    /* OPERR, WRPERR, PGAERR, PGPERR, PGSERR */
#define FLASH_CR_PROGRAM                                                                           \
    (UINT32_C(1) << 0 | UINT32_C(2) << 8) /* PG; PSIZE: by words, above 2.7 V */
#define FLASH_CR_LOCK (UINT32_C(1) << 31)
#define FLASH_HAS_DATA_CACHE 1
#define flash_word uint32_t

#if BOARD_USART == 1
#define USART_BASE UINT32_C(0x40011000)
#define USART_CLOCKS RCC_APB2ENR
#define USART_CLOCK 4
#elif BOARD_USART == 2
#define USART_BASE UINT32_C(0x40004400)
#define USART_CLOCKS RCC_APB1ENR
#define USART_CLOCK 17
#endif

#endif
