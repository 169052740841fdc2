/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the serial ports of STM32F1 and F4. */
#ifndef INTEGRAD_USART_F1_F4_H
#define INTEGRAD_USART_F1_F4_H

#define USART_STATUS USART(0x00)   /* SR */
#define USART_RECEIVED USART(0x04) /* DR; reading it after SR forgets an overrun */
#define USART_SENT USART(0x04)     /* DR */
#define USART_BRR USART(0x08)
#define USART_CR1 USART(0x0C)
#define USART_FORGET_OVERRUN()

#define CR1_UE (UINT32_C(1) << 13)

#endif
