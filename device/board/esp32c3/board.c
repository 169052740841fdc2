/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board with an ESP32-C3: serial port, time, button, reset.
 *
 * Clocks stay as the boot ROM leaves them: the core runs from the crystal of 40 MHz. The ROM has
 * also set up the serial port, its pins and its 115,200 baud, from the same crystal, because it
 * writes its messages there.
 */
#include "esp32c3.h"
#include "wait.h"

#if BOARD_SERIAL_BAUD != 115200
#error "the boot ROM sets up the serial port for 115200 baud"
#endif

enum {
    CORE_INTERRUPT = 1, /* any of 1 to 31 */
    INT_RXFIFO_FULL = 1 << 0,
    RXFIFO_CNT = 0x3FF,
    TXFIFO_CNT_SHIFT = 16,
    FIFO_BYTES = 128,
    RXFIFO_FULL_THRHD = 0x1FF,
    FUN_IE = 1 << 9, /* input enabled */
    FUN_WPU = 1 << 8 /* pulled up */
};

#define TXFIFO_CNT (0x3FFu << TXFIFO_CNT_SHIFT)

static void start_serial(void) {
    const uint32_t at_every_byte = 1, lowest_priority = 1;
    UART_CONF1 = (UART_CONF1 & ~(uint32_t)RXFIFO_FULL_THRHD) | at_every_byte;
    UART_INT_CLR = INT_RXFIFO_FULL;
    UART_INT_ENA = INT_RXFIFO_FULL;
    INTERRUPT_MAP(BOARD_SERIAL_INTERRUPT) = CORE_INTERRUPT;
    CPU_INT_TYPE &= ~(1u << CORE_INTERRUPT); /* as long as the port has bytes */
    CPU_INT_PRI(CORE_INTERRUPT) = lowest_priority;
    CPU_INT_THRESH = lowest_priority;
    CPU_INT_ENABLE |= 1u << CORE_INTERRUPT;
    __asm__ volatile(".insn i 0x73, 6, x0, x8, 0x300" ::: "memory"); /* csrsi mstatus, 8 */
}

void integrad_board_start(void) {
#ifdef BOARD_BUTTON
    IO_MUX_GPIO(BOARD_BUTTON) |= FUN_IE | FUN_WPU;
#endif
    start_serial();
}

void integrad_board_serial_interrupt(void) {
    while (UART_STATUS & RXFIFO_CNT) {
        integrad_received((uint8_t)UART_FIFO);
    }
    UART_INT_CLR = INT_RXFIFO_FULL;
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        const uint32_t half = (FIFO_BYTES / 2) << TXFIFO_CNT_SHIFT;
        if (!wait_for(&UART_STATUS, half, 0, WAIT_FOR_BYTE)) {
            return;
        }
        UART_FIFO = byte[i];
    }
}

/* An addressable LED, as on most of these boards, is not supported. */
void integrad_board_light(bool on) {
    (void)on;
}

bool integrad_board_button(void) {
#ifdef BOARD_BUTTON
    return ((GPIO_IN >> BOARD_BUTTON & 1u) != 0) == (BOARD_BUTTON_PRESSED != 0);
#else
    return false;
#endif
}

/* From the system timer, which counts at 16 MHz; it is read by asking for its value first. */
uint32_t integrad_board_milliseconds(void) {
    const uint32_t update = 1u << 30, valid = 1u << 29, counts = 16000, looks = 100;
    SYSTIMER_UNIT0_OP = update;
    (void)wait_for(&SYSTIMER_UNIT0_OP, valid, valid, looks);
    const uint64_t high = SYSTIMER_UNIT0_VALUE_HI;
    return (uint32_t)((high << 32 | SYSTIMER_UNIT0_VALUE_LO) / counts);
}

void integrad_board_reset(void) {
    const uint32_t whole_chip = 1u << 31; /* SW_SYS_RST */
    (void)wait_for(&UART_STATUS, TXFIFO_CNT, 0, WAIT_FOR_BYTE);
    for (;;) {
        RTC_OPTIONS0 |= whole_chip;
    }
}
