/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The microbit machine of QEMU: the serial port of an nRF51. Clocks run without being started.
 *
 * The port holds bytes until the program reads them, and what follows waits outside of the machine,
 * so that none is lost, and no interrupt is needed. It takes bytes at once: no wait has a bound.
 *
 * board_config.h defines BOARD_UART, its address, and BOARD_CORE_HZ, the frequency of the core.
 */
#include "driver.h"

#define UART(offset) REGISTER(BOARD_UART + (offset))
#define TASKS_STARTRX UART(0x000u)
#define TASKS_STARTTX UART(0x008u)
#define EVENTS_RXDRDY UART(0x108u)
#define EVENTS_TXDRDY UART(0x11Cu)
#define UART_ENABLE UART(0x500u)
#define UART_RXD UART(0x518u)
#define UART_TXD UART(0x51Cu)
#define UART_BAUDRATE UART(0x524u)

#if BOARD_SERIAL_BAUD != 115200
#error "the serial port of an nRF51 is set up for 115200 baud"
#endif
#define BAUDRATE_115200 0x01D7E000u

enum { ENABLE_UART = 4 };

void integrad_board_start(void) {
    UART_BAUDRATE = BAUDRATE_115200;
    UART_ENABLE = ENABLE_UART;
    TASKS_STARTRX = 1;
    TASKS_STARTTX = 1;
    integrad_board_start_ticks(BOARD_CORE_HZ);
}

/* The event is forgotten before its byte is read: the next byte announces itself at once. */
int integrad_board_receive(void) {
    if (EVENTS_RXDRDY == 0) {
        return -1;
    }
    EVENTS_RXDRDY = 0;
    return (int)(UART_RXD & 0xFFu);
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        EVENTS_TXDRDY = 0;
        UART_TXD = byte[i];
        while (EVENTS_TXDRDY == 0) {
        }
    }
}
