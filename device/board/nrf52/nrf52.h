/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of nRF52832, nRF52833 and nRF52840, as far as the drivers need them.
 *
 * board_config.h defines for these boards BOARD_TX, BOARD_RX, and if they exist, BOARD_LED with its
 * level BOARD_LED_LIT, BOARD_LED_RETURN (the other end of an LED in a matrix) and BOARD_BUTTON with
 * its level BOARD_BUTTON_PRESSED. A pin is 32 times its port, plus its number in the port.
 */
#ifndef INTEGRAD_NRF52_H
#define INTEGRAD_NRF52_H

#include "driver.h"

/* Clock control. */
#define TASKS_HFCLKSTART REGISTER(0x40000000u)
#define EVENTS_HFCLKSTARTED REGISTER(0x40000100u)

/* The serial port, as UART: its receiver keeps 6 bytes until they are read, while that of UARTE, on
 * the same pins and addresses, announces no single bytes. */
#define UART(offset) REGISTER(0x40002000u + (offset))
#define TASKS_STARTRX UART(0x000)
#define TASKS_STARTTX UART(0x008)
#define EVENTS_RXDRDY UART(0x108)
#define EVENTS_TXDRDY UART(0x11C)
#define UART_INTENSET UART(0x304)
#define UART_ENABLE UART(0x500)
#define UART_PSELRTS UART(0x508)
#define UART_PSELTXD UART(0x50C)
#define UART_PSELCTS UART(0x510)
#define UART_PSELRXD UART(0x514)
#define UART_RXD UART(0x518)
#define UART_TXD UART(0x51C)
#define UART_BAUDRATE UART(0x524)
#define UART_CONFIG UART(0x56C)

/* Pins: ports of 32. */
#define GPIO(pin, offset) REGISTER(0x50000000u + (pin) / 32u * 0x300u + (offset))
#define GPIO_OUTSET(pin) GPIO(pin, 0x508)
#define GPIO_OUTCLR(pin) GPIO(pin, 0x50C)
#define GPIO_IN(pin) GPIO(pin, 0x510)
#define GPIO_PIN_CNF(pin) GPIO(pin, 0x700u + 4u * ((pin) % 32u))

/* Controller of the flash. */
#define NVMC_READY REGISTER(0x4001E400u)
#define NVMC_CONFIG REGISTER(0x4001E504u)
#define NVMC_ERASEPAGE REGISTER(0x4001E508u)
#define NVMC_ICACHECNF REGISTER(0x4001E540u)

#endif
