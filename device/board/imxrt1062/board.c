/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board with an i.MX RT1062: clock of the serial port, the port, LED, time, reset.
 *
 * The core keeps the clock with which the boot ROM left it. Port and time are taken from the
 * crystal of 24 MHz and do not depend on it. Pins are those of a Teensy 4.1: other pins need other
 * registers, which is why board_config.h does not name them.
 */
#include "core.h"
#include "wait.h"

#define CCM_CSCDR1 REGISTER(0x400FC024u)
#define CCM_CCGR0 REGISTER(0x400FC068u)
#define CCM_CCGR3 REGISTER(0x400FC074u)

#define MUX_AD_B0_02 REGISTER(0x401F80C4u)
#define MUX_AD_B0_03 REGISTER(0x401F80C8u)
#define MUX_B0_03 REGISTER(0x401F8148u)
#define LPUART6_RX_SELECT_INPUT REGISTER(0x401F8550u)
#define LPUART6_TX_SELECT_INPUT REGISTER(0x401F8554u)

#define LPUART6(offset) REGISTER(0x40198000u + (offset))
#define LPUART_BAUD LPUART6(0x10)
#define LPUART_STAT LPUART6(0x14)
#define LPUART_CTRL LPUART6(0x18)
#define LPUART_DATA LPUART6(0x1C)

#define GPIO2_GDIR REGISTER(0x401BC004u)
#define GPIO2_DR_SET REGISTER(0x401BC084u)
#define GPIO2_DR_CLEAR REGISTER(0x401BC088u)

#define LED_BIT (1u << 3) /* B0_03 is GPIO2_IO03 */

#define STAT_OR (1u << 19)
#define STAT_RDRF (1u << 21)
#define STAT_TC (1u << 22)
#define STAT_TDRE (1u << 23)
#define CTRL_RE (1u << 18)
#define CTRL_TE (1u << 19)
#define CTRL_RIE (1u << 21)

#if BOARD_SERIAL_BAUD != 115200
#error "the dividers of the serial port are those for 115200 baud"
#endif

void integrad_board_tick_interrupt(void);

/* Defined by the linker script. */
extern uint32_t integrad_data_begin[], integrad_data_end[];

static volatile uint32_t milliseconds;

static void start_serial(void) {
    const uint32_t from_crystal = 1u << 6, divider = 0x3Fu;
    const uint32_t oversampling_16 = 15u << 24, by_13 = 13u; /* 24 MHz / 16 / 13: 0.2 % off */
    CCM_CSCDR1 = (CCM_CSCDR1 & ~divider) | from_crystal;
    CCM_CCGR3 |= 3u << 6;
    MUX_AD_B0_02 = 2;
    MUX_AD_B0_03 = 2;
    LPUART6_TX_SELECT_INPUT = 1;
    LPUART6_RX_SELECT_INPUT = 1;
    LPUART_BAUD = oversampling_16 | by_13;
    LPUART_CTRL = CTRL_TE | CTRL_RE | CTRL_RIE;
    enable_serial_interrupt();
}

/* The external clock of the system timer is 100 kHz on this chip. */
static void start_ticks(void) {
    const uint32_t with_interrupt = 2u, enable = 1u;
    REGISTER(0xE000E014u) = 99; /* reload value */
    REGISTER(0xE000E018u) = 0;  /* current value */
    REGISTER(0xE000E010u) = with_interrupt | enable;
}

/* If the boot ROM has left the data cache on, it holds the code that was copied to RAM. */
static void write_back_code_in_ram(void) {
    const uint32_t data_cache = 1u << 16, line_bytes = 32;
    if (REGISTER(0xE000ED14u) & data_cache) {
        const uintptr_t begin = (uintptr_t)integrad_data_begin / line_bytes * line_bytes;
        for (uintptr_t at = begin; at < (uintptr_t)integrad_data_end; at += line_bytes) {
            REGISTER(0xE000EF64u) = at; /* DCCMVAU */
        }
    }
}

/* Code is read from flash through the cache. */
static void start_instruction_cache(void) {
    write_back_code_in_ram();
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    REGISTER(0xE000EF50u) = 0;         /* ICIALLU: empty it */
    REGISTER(0xE000ED14u) |= 1u << 17; /* CCR.IC */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

void integrad_board_start(void) {
    start_instruction_cache();
    CCM_CCGR0 |= 3u << 30;
    integrad_board_light(false);
    MUX_B0_03 = 5;
    GPIO2_GDIR |= LED_BIT;
    start_serial();
    start_ticks();
}

void integrad_board_serial_interrupt(void) {
    uint32_t status = LPUART_STAT;
    while (status & (STAT_RDRF | STAT_OR)) {
        const uint8_t byte = (uint8_t)LPUART_DATA;
        if (status & STAT_RDRF) {
            integrad_received(byte);
        }
        LPUART_STAT = STAT_OR; /* writing ones clears them */
        status = LPUART_STAT;
    }
}

void integrad_board_send(const void *bytes, size_t count) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        if (!wait_for(&LPUART_STAT, STAT_TDRE, STAT_TDRE, WAIT_FOR_BYTE)) {
            return;
        }
        LPUART_DATA = byte[i];
    }
}

void integrad_board_tick_interrupt(void) {
    milliseconds = milliseconds + 1;
}

uint32_t integrad_board_milliseconds(void) {
    return milliseconds;
}

void integrad_board_light(bool on) {
    if (on) {
        GPIO2_DR_SET = LED_BIT;
    } else {
        GPIO2_DR_CLEAR = LED_BIT;
    }
}

/* The button of the board starts its boot loader, and programs cannot read it. */
bool integrad_board_button(void) {
    return false;
}

void integrad_board_reset(void) {
    (void)wait_for(&LPUART_STAT, STAT_TC, STAT_TC, WAIT_FOR_BYTE);
    for (;;) {
        reset_system();
    }
}
