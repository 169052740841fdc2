/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virt machine of QEMU with a RISC-V core of 32 bits: a 16550 UART, a timer that counts at
 * 10 MHz.
 *
 * The port holds a byte until the program reads it, and what follows waits outside of the machine,
 * so that none is lost. It takes bytes at once: no wait has a bound. board_config.h defines
 * BOARD_UART, its address.
 *
 * Nothing interrupts the program. A core that sleeps (wfi) wakes up all the same when the timer
 * reaches the value for comparison, a millisecond after the port was last looked at in vain.
 */
#include "driver.h"

#define UART(offset) (*(volatile uint8_t *)(BOARD_UART + (offset)))
#define UART_DATA UART(0u)
#define UART_LINE_STATUS UART(5u)

#define TIMER_COMPARE_LOW REGISTER(0x02004000u)
#define TIMER_COMPARE_HIGH REGISTER(0x02004004u)
#define TIMER_LOW REGISTER(0x0200BFF8u)
#define TIMER_HIGH REGISTER(0x0200BFFCu)

enum { DATA_READY = 1 << 0, TRANSMITTER_EMPTY = 1 << 5, TICKS_PER_MILLISECOND = 10000 };

static uint64_t ticks(void) {
    uint32_t high, low;
    do {
        high = TIMER_HIGH;
        low = TIMER_LOW;
    } while (high != TIMER_HIGH);
    return (uint64_t)high << 32 | low;
}

static void wake_up_soon(void) {
    const uint64_t then = ticks() + TICKS_PER_MILLISECOND;
    TIMER_COMPARE_HIGH = 0xFFFFFFFFu; /* no moment in between is one that has passed */
    TIMER_COMPARE_LOW = (uint32_t)then;
    TIMER_COMPARE_HIGH = (uint32_t)(then >> 32);
}

void integrad_board_start(void) {
    const uint32_t timer = 1u << 7; /* in mie; mstatus keeps its interrupt from being taken */
    wake_up_soon();
    __asm__ volatile(".insn i 0x73, 2, x0, %0, 0x304" ::"r"(timer) : "memory"); /* csrs mie */
}

int integrad_board_receive(void) {
    if ((UART_LINE_STATUS & DATA_READY) == 0) {
        wake_up_soon();
        return -1;
    }
    return UART_DATA;
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        while ((UART_LINE_STATUS & TRANSMITTER_EMPTY) == 0) {
        }
        UART_DATA = byte[i];
    }
}

uint32_t integrad_board_milliseconds(void) {
    return (uint32_t)(ticks() / TICKS_PER_MILLISECOND);
}
