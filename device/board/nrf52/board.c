/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board with an nRF52: clock, serial port, pins, reset.
 *
 * The core runs at 64 MHz in any case. Its oscillator may be 8 % off, too much for a serial port,
 * so that the crystal is started, which every board has; without it, a port may still work.
 */
#include "core.h"
#include "nrf52.h"
#include "wait.h"

#define CORE_HZ 64000000u

#if BOARD_SERIAL_BAUD != 115200
#error "the serial port of an nRF52 is set up for 115200 baud"
#endif
#define BAUDRATE_115200 0x01D7E000u

enum {
    CNF_INPUT = 0,
    CNF_OUTPUT = 1 | 1 << 1, /* and the input disconnected */
    CNF_PULL_DOWN = 1 << 2,
    CNF_PULL_UP = 3 << 2,
    INTEN_RXDRDY = 1 << 2,
    ENABLE_UART = 4
};

static void write_pin(uint32_t pin, bool high) {
    const uint32_t bit = 1u << pin % 32;
    if (high) {
        GPIO_OUTSET(pin) = bit;
    } else {
        GPIO_OUTCLR(pin) = bit;
    }
}

static void start_clock(void) {
    EVENTS_HFCLKSTARTED = 0;
    TASKS_HFCLKSTART = 1;
    (void)wait_for(&EVENTS_HFCLKSTARTED, 1, 1, WAIT_FOR_OSCILLATOR);
    NVMC_ICACHECNF = 1; /* instructions from flash go through the cache */
}

static void start_pins(void) {
#ifdef BOARD_LED
    integrad_board_light(false);
    GPIO_PIN_CNF(BOARD_LED) = CNF_OUTPUT;
#endif
#ifdef BOARD_LED_RETURN
    write_pin(BOARD_LED_RETURN, BOARD_LED_LIT == 0);
    GPIO_PIN_CNF(BOARD_LED_RETURN) = CNF_OUTPUT;
#endif
#ifdef BOARD_BUTTON
    GPIO_PIN_CNF(BOARD_BUTTON) = CNF_INPUT | (BOARD_BUTTON_PRESSED ? CNF_PULL_DOWN : CNF_PULL_UP);
#endif
}

/* The pins keep these levels while the port is off: a line that is idle. */
static void start_serial(void) {
    const uint32_t not_connected = 0xFFFFFFFFu;
    write_pin(BOARD_TX, true);
    GPIO_PIN_CNF(BOARD_TX) = CNF_OUTPUT;
    GPIO_PIN_CNF(BOARD_RX) = CNF_INPUT | CNF_PULL_UP;
    UART_PSELTXD = BOARD_TX;
    UART_PSELRXD = BOARD_RX;
    UART_PSELRTS = not_connected;
    UART_PSELCTS = not_connected;
    UART_BAUDRATE = BAUDRATE_115200;
    UART_CONFIG = 0; /* no parity, no flow control */
    UART_ENABLE = ENABLE_UART;
    EVENTS_RXDRDY = 0;
    UART_INTENSET = INTEN_RXDRDY;
    enable_serial_interrupt();
    TASKS_STARTRX = 1;
    TASKS_STARTTX = 1;
}

void integrad_board_start(void) {
    start_clock();
    start_pins();
    start_serial();
    integrad_board_start_ticks(CORE_HZ);
}

/* The event is forgotten before its byte is read: the next byte may announce itself at once. */
void integrad_board_serial_interrupt(void) {
    while (EVENTS_RXDRDY != 0) {
        EVENTS_RXDRDY = 0;
        (void)EVENTS_RXDRDY; /* takes effect some cycles later */
        integrad_received((uint8_t)UART_RXD);
    }
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        EVENTS_TXDRDY = 0;
        UART_TXD = byte[i];
        if (!wait_for(&EVENTS_TXDRDY, 1, 1, WAIT_FOR_BYTE)) {
            return;
        }
    }
}

void integrad_board_light(bool on) {
#ifdef BOARD_LED
    write_pin(BOARD_LED, on == (BOARD_LED_LIT != 0));
#else
    (void)on;
#endif
}

bool integrad_board_button(void) {
#ifdef BOARD_BUTTON
    const bool high = (GPIO_IN(BOARD_BUTTON) & 1u << BOARD_BUTTON % 32) != 0;
    return high == (BOARD_BUTTON_PRESSED != 0);
#else
    return false;
#endif
}

void integrad_board_reset(void) {
    for (;;) {
        reset_system();
    }
}
