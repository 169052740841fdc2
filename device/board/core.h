/* SPDX-License-Identifier: Apache-2.0 */
/* The interrupt controller and the reset of every Cortex-M. */
#ifndef INTEGRAD_BOARD_CORE_H
#define INTEGRAD_BOARD_CORE_H

#include "driver.h"

#ifdef BOARD_SERIAL_INTERRUPT
/* Lets the interrupt of the serial port reach the core. */
static inline void enable_serial_interrupt(void) {
    const uint32_t set_enable = 0xE000E100u, bits = 32;
    REGISTER(set_enable + BOARD_SERIAL_INTERRUPT / bits * 4) = 1u << BOARD_SERIAL_INTERRUPT % bits;
}
#endif

/* Application interrupt and reset control register: the key, and SYSRESETREQ. */
static inline void reset_system(void) {
    __asm__ volatile("dsb" ::: "memory");
    REGISTER(0xE000ED0Cu) = 0x05FA0004u;
    __asm__ volatile("dsb" ::: "memory");
}

#endif
