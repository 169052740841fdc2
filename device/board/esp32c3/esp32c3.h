/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the ESP32-C3 (technical reference manual), as far as the drivers need them. */
#ifndef INTEGRAD_ESP32C3_H
#define INTEGRAD_ESP32C3_H

#include "driver.h"

#define UART(offset) REGISTER(0x60000000u + (offset))
#define UART_FIFO UART(0x00)
#define UART_INT_ENA UART(0x0C)
#define UART_INT_CLR UART(0x10)
#define UART_STATUS UART(0x1C)
#define UART_CONF1 UART(0x24)

#define GPIO_IN REGISTER(0x6000403Cu)
#define IO_MUX_GPIO(pin) REGISTER(0x60009004u + 4u * (pin))

#define RTC_OPTIONS0 REGISTER(0x60008000u)
#define RTC_WDTCONFIG0 REGISTER(0x60008090u)
#define RTC_WDTWPROTECT REGISTER(0x600080A8u)
#define RTC_SWD_CONF REGISTER(0x600080ACu)
#define RTC_SWD_WPROTECT REGISTER(0x600080B0u)

#define TIMER_GROUPS 2u
#define TIMG_WDTCONFIG0(group) REGISTER(0x6001F048u + 0x1000u * (group))
#define TIMG_WDTWPROTECT(group) REGISTER(0x6001F064u + 0x1000u * (group))

#define SYSTIMER_UNIT0_OP REGISTER(0x60023004u)
#define SYSTIMER_UNIT0_VALUE_HI REGISTER(0x60023040u)
#define SYSTIMER_UNIT0_VALUE_LO REGISTER(0x60023044u)

/* Interrupt matrix: which of the core's 31 interrupts a peripheral raises, and what they do. */
#define INTERRUPT_MAP(source) REGISTER(0x600C2000u + 4u * (source))
#define CPU_INT_ENABLE REGISTER(0x600C2104u)
#define CPU_INT_TYPE REGISTER(0x600C2108u)
#define CPU_INT_PRI(number) REGISTER(0x600C2114u + 4u * (number))
#define CPU_INT_THRESH REGISTER(0x600C2194u)

#endif
