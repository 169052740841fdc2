/* SPDX-License-Identifier: Apache-2.0 */
/* A board with an RP2040 or RP2350: clocks, a UART, pins, reset. The flash is in flash.c. */
#include "chip.h"
#include "wait.h"
#if defined(__riscv)
#include "hazard3/core.h"
#else
#include "core.h"
#endif

enum {
    FUNCTION_UART = 2,
    FUNCTION_SIO = 5,

    PAD_INPUT_ENABLE = 1 << 6,
    PAD_DRIVE_4_MA = 1 << 4,
    PAD_PULL_UP = 1 << 3,
    PAD_SCHMITT = 1 << 1,

    UART_BUSY = 1 << 3,
    UART_RECEIVE_EMPTY = 1 << 4,
    UART_TRANSMIT_FULL = 1 << 5,
    UART_INTERRUPT_RECEIVE = 1 << 4,
    UART_INTERRUPT_TIMEOUT = 1 << 6,
};

/* The 32 bytes that the UART may still have to send. */
enum { WAIT_FOR_LAST_BYTES = 32 * WAIT_FOR_BYTE };

/* Whether the bits were set in time. */
static bool wait_for_bits(uint32_t address, uint32_t bits) {
    return wait_for(&REGISTER(address), bits, bits, WAIT_FOR_OSCILLATOR);
}

static void release_from_reset(uint32_t blocks) {
    CLEAR_BITS(RESETS_RESET, blocks);
    (void)wait_for_bits(RESETS_DONE, blocks);
}

/* Crystal and PLL; returns the frequency of the core. If the crystal or the PLL does not start, the
 * core stays on what works: the crystal alone, or the ring oscillator from which it booted. */
static uint32_t start_clocks(void) {
    const uint32_t range_1_to_15_mhz = 0xAA0u, enable = 0xFABu << 12, stable = 1u << 31;
    REGISTER(XOSC_STARTUP) = BOARD_CRYSTAL_HZ / 256000u + 1; /* 1 ms, in units of 256 periods */
    REGISTER(XOSC_CTRL) = enable | range_1_to_15_mhz;
    if (!wait_for_bits(XOSC_STATUS, stable)) {
        return RING_OSCILLATOR_HZ;
    }
    /* The reference clock first, because the system clock runs from it while the PLL is set up. */
    const uint32_t from_crystal = 2u;
    CLEAR_BITS(CLK_SYS_CTRL, 1u);
    (void)wait_for_bits(CLK_SYS_SELECTED, 1u);
    REGISTER(CLK_REF_CTRL) = from_crystal;
    if (!wait_for_bits(CLK_REF_SELECTED, 1u << from_crystal)) {
        return RING_OSCILLATOR_HZ;
    }
    const uint32_t power_down = 1u << 0, post_divider_down = 1u << 3, oscillator_down = 1u << 5;
    SET_BITS(RESETS_RESET, RESET_PLL_SYS);
    release_from_reset(RESET_PLL_SYS);
    REGISTER(PLL_CS) = 1; /* reference divider */
    REGISTER(PLL_FBDIV) = PLL_FEEDBACK_DIVIDER;
    CLEAR_BITS(PLL_PWR, power_down | oscillator_down);
    if (!wait_for_bits(PLL_CS, 1u << 31)) {
        return BOARD_CRYSTAL_HZ;
    }
    REGISTER(PLL_PRIM) = PLL_POST_DIVIDER_1 << 16 | PLL_POST_DIVIDER_2 << 12;
    CLEAR_BITS(PLL_PWR, post_divider_down);
    const uint32_t from_pll = 1u; /* its auxiliary source 0 is the PLL */
    REGISTER(CLK_SYS_CTRL) = 0;
    REGISTER(CLK_SYS_CTRL) = from_pll;
    if (!wait_for_bits(CLK_SYS_SELECTED, 1u << from_pll)) {
        return BOARD_CRYSTAL_HZ;
    }
    return BOARD_CRYSTAL_HZ / (PLL_POST_DIVIDER_1 * PLL_POST_DIVIDER_2) * PLL_FEEDBACK_DIVIDER;
}

static void connect_pin(uint32_t pin, uint32_t function, uint32_t pulls) {
    /* On the RP2350 this also ends the isolation of the pad, bit 8. */
    REGISTER(PAD(pin)) = PAD_INPUT_ENABLE | PAD_DRIVE_4_MA | PAD_SCHMITT | pulls;
    REGISTER(GPIO_CTRL(pin)) = function;
}

static void start_pins(void) {
    connect_pin(BOARD_TX, FUNCTION_UART, 0);
    connect_pin(BOARD_RX, FUNCTION_UART, PAD_PULL_UP);
#ifdef BOARD_LED
    integrad_board_light(false);
    REGISTER(GPIO_OUTPUT_SET) = 1u << BOARD_LED;
    connect_pin(BOARD_LED, FUNCTION_SIO, 0);
#endif
#ifdef BOARD_BUTTON
    connect_pin(BOARD_BUTTON, FUNCTION_SIO, PAD_PULL_UP);
#endif
}

static void start_serial(uint32_t clock_hz) {
    const uint32_t enable_clock = 1u << 11; /* from the system clock */
    REGISTER(CLK_PERI_CTRL) = enable_clock;
    release_from_reset(RESET_UART(BOARD_UART));

    /* In units of 1/64: clock / (16 x baud), rounded. */
    const uint32_t divider = (4 * clock_hz + BOARD_SERIAL_BAUD / 2) / BOARD_SERIAL_BAUD;
    REGISTER(UART_IBRD(BOARD_UART)) = divider / 64;
    REGISTER(UART_FBRD(BOARD_UART)) = divider % 64;
    const uint32_t eight_bits = 3u << 5, with_fifo = 1u << 4;
    REGISTER(UART_LCR_H(BOARD_UART)) = eight_bits | with_fifo;
    const uint32_t enable = 1u << 0, transmit = 1u << 8, receive = 1u << 9;
    REGISTER(UART_CR(BOARD_UART)) = enable | transmit | receive;

    /* At 4 of the 32 bytes, which leaves 28 bytes of time to react, or 32 bits after the last. */
    REGISTER(UART_IFLS(BOARD_UART)) = 0;
    REGISTER(UART_IMSC(BOARD_UART)) = UART_INTERRUPT_RECEIVE | UART_INTERRUPT_TIMEOUT;
    enable_serial_interrupt();
}

void integrad_board_serial_interrupt(void) {
    REGISTER(UART_ICR(BOARD_UART)) = UART_INTERRUPT_RECEIVE | UART_INTERRUPT_TIMEOUT;
    while ((REGISTER(UART_FR(BOARD_UART)) & UART_RECEIVE_EMPTY) == 0) {
        integrad_received((uint8_t)REGISTER(UART_DR(BOARD_UART)));
    }
}

void integrad_board_start(void) {
    release_from_reset(RESET_IO_BANK0 | RESET_PADS_BANK0);
    start_pins();
    const uint32_t clock_hz = start_clocks();
    integrad_board_start_ticks(clock_hz);
    start_serial(clock_hz);
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    for (size_t i = 0; i < count; i++) {
        if (!wait_for(&REGISTER(UART_FR(BOARD_UART)), UART_TRANSMIT_FULL, 0, WAIT_FOR_BYTE)) {
            return;
        }
        REGISTER(UART_DR(BOARD_UART)) = next[i];
    }
}

void integrad_board_light(bool on) {
#ifdef BOARD_LED
    REGISTER(on == (BOARD_LED_LIT != 0) ? GPIO_OUT_SET : GPIO_OUT_CLEAR) = 1u << BOARD_LED;
#else
    (void)on;
#endif
}

bool integrad_board_button(void) {
#ifdef BOARD_BUTTON
    return ((REGISTER(GPIO_IN) >> BOARD_BUTTON & 1u) != 0) == (BOARD_BUTTON_PRESSED != 0);
#else
    return false;
#endif
}

void integrad_board_reset(void) {
    const uint32_t trigger = 1u << 31;
    (void)wait_for(&REGISTER(UART_FR(BOARD_UART)), UART_BUSY, 0, WAIT_FOR_LAST_BYTES);
    REGISTER(WATCHDOG_SCRATCH4) = 0; /* boot from flash, not from an address */
    REGISTER(PSM_WDSEL) = EVERYTHING_BUT_OSCILLATORS;
    SET_BITS(WATCHDOG_CTRL, trigger);
    for (;;) {
    }
}
