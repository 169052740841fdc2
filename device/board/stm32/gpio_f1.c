/* SPDX-License-Identifier: Apache-2.0 */
/* What pins are used for, in STM32F1. */
#include "stm32.h"

/* Four bits per pin in CRL and CRH: CNF, and MODE, the speed of an output. */
enum { CRL = 0x00 };
enum { OUTPUT_2_MHZ = 0x2, ALTERNATE_50_MHZ = 0xB, INPUT_PULLED = 0x8 };

static void configure(unsigned pin, uint32_t value) {
    const uint32_t offset = CRL + pin % PINS_PER_PORT / 8 * 4;
    const unsigned shift = pin % 8 * 4;
    GPIO(pin, offset) = (GPIO(pin, offset) & ~(UINT32_C(0xF) << shift)) | value << shift;
}

void integrad_pin_output(unsigned pin) {
    configure(pin, OUTPUT_2_MHZ);
}

/* The level that is written to an input selects the direction of its resistor. */
void integrad_pin_input(unsigned pin, bool pulled_up) {
    integrad_pin_write(pin, pulled_up);
    configure(pin, INPUT_PULLED);
}

/* A port with nothing connected must not receive noise, so that its input is pulled up. */
void integrad_pins_serial(void) {
    integrad_pin_input(BOARD_RX, true);
    configure(BOARD_TX, ALTERNATE_50_MHZ);
}
