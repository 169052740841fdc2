/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the serial ports of STM32L4 and G0. */
#ifndef INTEGRAD_USART_L4_G0_H
#define INTEGRAD_USART_L4_G0_H

#define USART_STATUS USART(0x1C)   /* ISR */
#define USART_RECEIVED USART(0x24) /* RDR */
#define USART_SENT USART(0x28)     /* TDR */
#define USART_BRR USART(0x0C)
#define USART_CR1 USART(0x00)
#define USART_FORGET_OVERRUN() (USART(0x20) = UINT32_C(1) << 3) /* ORECF in ICR */

#define CR1_UE (UINT32_C(1) << 0)

#endif
