/* SPDX-License-Identifier: Apache-2.0 */
/* The serial port. Series differ in the addresses of its registers and in little else. */
#include "stm32.h"

#define USART(offset) REGISTER(USART_BASE + (offset))

#define STATUS_ORE (UINT32_C(1) << 3)  /* overrun */
#define STATUS_RXNE (UINT32_C(1) << 5) /* a byte was received */
#define STATUS_TC (UINT32_C(1) << 6)   /* everything was sent */
#define STATUS_TXE (UINT32_C(1) << 7)  /* there is space for a byte */

#define CR1_RE (UINT32_C(1) << 2)
#define CR1_TE (UINT32_C(1) << 3)
#define CR1_RXNEIE (UINT32_C(1) << 5)

void integrad_start_serial(uint32_t serial_hz) {
    USART_CLOCKS |= UINT32_C(1) << USART_CLOCK;
    (void)USART_CLOCKS; /* the port answers only some cycles later */
    USART_BRR = (serial_hz + BOARD_SERIAL_BAUD / 2) / BOARD_SERIAL_BAUD;
    USART_CR1 = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
}

/* An overrun, which an erase of flash causes, must not stay: it would interrupt for ever. */
void integrad_board_serial_interrupt(void) {
    uint32_t status = USART_STATUS;
    while (status & (STATUS_RXNE | STATUS_ORE)) {
        const uint8_t byte = (uint8_t)USART_RECEIVED;
        if (status & STATUS_RXNE) {
            integrad_received(byte);
        }
        USART_FORGET_OVERRUN();
        status = USART_STATUS;
    }
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        if (!wait_for(&USART_STATUS, STATUS_TXE, STATUS_TXE, WAIT_FOR_BYTE)) {
            return;
        }
        USART_SENT = byte[i];
    }
}

void integrad_finish_serial(void) {
    (void)wait_for(&USART_STATUS, STATUS_TC, STATUS_TC, WAIT_FOR_BYTE);
}
