/* SPDX-License-Identifier: Apache-2.0 */
/* Start, LED, button and reset of a board with an STM32. */
#include "core.h"
#include "stm32.h"

static uint32_t bit_of(unsigned pin) {
    return UINT32_C(1) << pin % PINS_PER_PORT;
}

static void clock_port(unsigned pin) {
    GPIO_CLOCKS |= UINT32_C(1) << (GPIO_CLOCK_OF_A + pin / PINS_PER_PORT);
    (void)GPIO_CLOCKS; /* the port answers only some cycles later */
}

void integrad_pin_write(unsigned pin, bool high) {
    GPIO(pin, GPIO_BSRR) = high ? bit_of(pin) : bit_of(pin) << PINS_PER_PORT;
}

void integrad_board_start(void) {
    const integrad_clocks clocks = integrad_start_clocks();
#ifdef BOARD_LED
    clock_port(BOARD_LED);
    integrad_board_light(false);
    integrad_pin_output(BOARD_LED);
#endif
#ifdef BOARD_BUTTON
    clock_port(BOARD_BUTTON);
    integrad_pin_input(BOARD_BUTTON, BOARD_BUTTON_PRESSED == 0);
#endif
    clock_port(BOARD_TX);
    clock_port(BOARD_RX);
    integrad_start_serial(clocks.serial_hz);
    integrad_pins_serial();
    enable_serial_interrupt();
    integrad_board_start_ticks(clocks.core_hz);
}

void integrad_board_light(bool on) {
#ifdef BOARD_LED
    integrad_pin_write(BOARD_LED, on == (BOARD_LED_LIT != 0));
#else
    (void)on;
#endif
}

bool integrad_board_button(void) {
#ifdef BOARD_BUTTON
    const bool high = (GPIO(BOARD_BUTTON, GPIO_IDR) & bit_of(BOARD_BUTTON)) != 0;
    return high == (BOARD_BUTTON_PRESSED != 0);
#else
    return false;
#endif
}

void integrad_board_reset(void) {
    integrad_finish_serial();
    for (;;) {
        reset_system();
    }
}
