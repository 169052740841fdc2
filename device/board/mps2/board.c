/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MPS2 and MPS3 machines of QEMU: a CMSDK APB UART, and nothing else that a program needs.
 *
 * The port holds a byte until the program reads it, and what follows waits outside of the machine,
 * so that none is lost, and no interrupt is needed. It takes bytes at once: no wait has a bound.
 *
 * board_config.h defines BOARD_UART, its address, and BOARD_CORE_HZ, the frequency of the core.
 */
#include "driver.h"

#define UART_DATA REGISTER(BOARD_UART)
#define UART_STATE REGISTER(BOARD_UART + 0x04u)
#define UART_CTRL REGISTER(BOARD_UART + 0x08u)
#define UART_BAUDDIV REGISTER(BOARD_UART + 0x10u)

enum { TX_FULL = 1 << 0, RX_FULL = 1 << 1, TX_ENABLE = 1 << 0, RX_ENABLE = 1 << 1 };

void integrad_board_start(void) {
    UART_BAUDDIV = BOARD_CORE_HZ / BOARD_SERIAL_BAUD;
    UART_CTRL = TX_ENABLE | RX_ENABLE;
    integrad_board_start_ticks(BOARD_CORE_HZ);
}

int integrad_board_receive(void) {
    return (UART_STATE & RX_FULL) != 0 ? (int)(UART_DATA & 0xFFu) : -1;
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        while ((UART_STATE & TX_FULL) != 0) {
        }
        UART_DATA = byte[i];
    }
}
