/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds from the system timer that every Cortex-M here has. */
#include "driver.h"

void integrad_board_tick_interrupt(void);

static volatile uint32_t milliseconds;

void integrad_board_tick_interrupt(void) {
    milliseconds = milliseconds + 1;
}

uint32_t integrad_board_milliseconds(void) {
    return milliseconds;
}

void integrad_board_start_ticks(uint32_t core_hz) {
    const uint32_t from_core_clock = 4u, with_interrupt = 2u, enable = 1u;
    REGISTER(0xE000E014u) = core_hz / 1000 - 1; /* reload value */
    REGISTER(0xE000E018u) = 0;                  /* current value */
    REGISTER(0xE000E010u) = from_core_clock | with_interrupt | enable;
}
