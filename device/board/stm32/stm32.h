/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the drivers of STM32 tell each other. Each group of series has files of its own where their
 * peripherals differ: the clocks, the pins (F1 and all others), the serial port (F1 and F4; L4 and
 * G0) and the flash. The header of the series, which board_config.h includes, has its addresses.
 *
 * board_config.h defines for these boards:
 *
 *     BOARD_USART                       1 or 2
 *     BOARD_TX, BOARD_RX                its pins, for example PIN(A, 2)
 *     BOARD_SERIAL_FUNCTION             number of the alternate function of both (not F1)
 *     BOARD_LED, BOARD_LED_LIT          pin, and its level when lit, 0 or 1
 *     BOARD_BUTTON, BOARD_BUTTON_PRESSED   the same for the button, if there is one
 *     BOARD_CRYSTAL_HZ                  frequency at the pin OSC_IN, 0 if there is none (F1, F4)
 *     BOARD_CRYSTAL_BYPASS              1 if that is the output of an oscillator, 0 for a crystal
 *     BOARD_CORE_HZ                     84 or 168 MHz (F4)
 */
#ifndef INTEGRAD_STM32_H
#define INTEGRAD_STM32_H

#include "driver.h"
#include "wait.h"

/* Pins are numbered through all ports. */
#define PIN(port, number) (PORT_##port * PINS_PER_PORT + (number))
enum { PORT_A, PORT_B, PORT_C, PORT_D, PORT_E, PINS_PER_PORT = 16 };

/* Registers of the reset and clock control, and of the port of a pin. */
#define RCC(offset) REGISTER(RCC_BASE + (offset))
#define GPIO(pin, offset)                                                                          \
    REGISTER(GPIO_BASE + (uint32_t)(pin) / PINS_PER_PORT * UINT32_C(0x400) + (offset))

typedef struct {
    uint32_t core_hz;
    uint32_t serial_hz; /* of the clock from which the serial port divides its baud rate */
} integrad_clocks;

/* The fastest clock that starts; at worst the oscillator in the chip. In clock_*.c. */
integrad_clocks integrad_start_clocks(void);

/* In gpio.c or gpio_f1.c, which know what a pin can be used for. */
void integrad_pin_output(unsigned pin);
void integrad_pin_input(unsigned pin, bool pulled_up); /* or down */
void integrad_pins_serial(void);                       /* BOARD_TX and BOARD_RX */

/* In board.c. */
void integrad_pin_write(unsigned pin, bool high);

/* In usart_*.c, with the interrupt, integrad_board_receive and integrad_board_send. */
void integrad_start_serial(uint32_t serial_hz);
void integrad_finish_serial(void); /* returns when the last byte has left */

#define FLASH_START UINT32_C(0x08000000)

/* In erase_*.c: begins to erase the block at this address. */
void integrad_flash_start_erase(uint32_t address);

#endif
