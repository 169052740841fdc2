/* SPDX-License-Identifier: Apache-2.0 */
/* What pins are used for, in all STM32 except F1. */
#include "stm32.h"

/* Two bits per pin in MODER and PUPDR, four in AFRL and AFRH. */
enum { MODER = 0x00, PUPDR = 0x0C, AFRL = 0x20 };
enum { MODE_INPUT = 0, MODE_OUTPUT = 1, MODE_ALTERNATE = 2 };
enum { PULL_UP = 1, PULL_DOWN = 2 };

static void set_two_bits(uint32_t offset, unsigned pin, uint32_t value) {
    const unsigned shift = pin % PINS_PER_PORT * 2;
    GPIO(pin, offset) = (GPIO(pin, offset) & ~(UINT32_C(3) << shift)) | value << shift;
}

static void set_alternate(unsigned pin) {
    const uint32_t offset = AFRL + pin % PINS_PER_PORT / 8 * 4;
    const unsigned shift = pin % 8 * 4;
    const uint32_t function = BOARD_SERIAL_FUNCTION;
    GPIO(pin, offset) = (GPIO(pin, offset) & ~(UINT32_C(0xF) << shift)) | function << shift;
    set_two_bits(MODER, pin, MODE_ALTERNATE);
}

void integrad_pin_output(unsigned pin) {
    set_two_bits(MODER, pin, MODE_OUTPUT);
}

void integrad_pin_input(unsigned pin, bool pulled_up) {
    set_two_bits(PUPDR, pin, pulled_up ? PULL_UP : PULL_DOWN);
    set_two_bits(MODER, pin, MODE_INPUT);
}

/* A port with nothing connected must not receive noise, so that its input is pulled up. */
void integrad_pins_serial(void) {
    set_two_bits(PUPDR, BOARD_RX, PULL_UP);
    set_alternate(BOARD_TX);
    set_alternate(BOARD_RX);
}
