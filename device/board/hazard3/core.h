/* SPDX-License-Identifier: Apache-2.0 */
/* Control and status registers of the RISC-V core Hazard3, with its interrupt controller Xh3irq. */
#ifndef INTEGRAD_BOARD_HAZARD3_CORE_H
#define INTEGRAD_BOARD_HAZARD3_CORE_H

#include "driver.h"

/* Numbers of registers. */
enum {
    MSTATUS = 0x300,
    MIE = 0x304,
    MTVEC = 0x305,
    PMPCFG0 = 0x3A0,
    PMPADDR0 = 0x3B0,
    MEIEA = 0xBE0 - 0x1000 /* enabled interrupts; the field of an instruction is signed */
};

/* Written as encodings, because assemblers disagree on the name of the extension to which the
 * instructions for these registers belong. */
#define WRITE_CSR(number, value)                                                                   \
    __asm__ volatile(".insn i 0x73, 1, x0, %0, %1" ::"r"(value), "i"(number) : "memory")
#define SET_CSR_BITS(number, bits)                                                                 \
    __asm__ volatile(".insn i 0x73, 2, x0, %0, %1" ::"r"(bits), "i"(number) : "memory")

/* Lets the interrupt of the serial port reach the core. The register is a window of 16 bits of the
 * enabled interrupts, in its upper half; the lower half says which window. */
static inline void enable_serial_interrupt(void) {
    const uint32_t window = BOARD_SERIAL_INTERRUPT / 16, bit = BOARD_SERIAL_INTERRUPT % 16;
    const uint32_t external = 1u << 11, all = 1u << 3;
    SET_CSR_BITS(MEIEA, 1u << (16 + bit) | window);
    SET_CSR_BITS(MIE, external);
    SET_CSR_BITS(MSTATUS, all);
}

#endif
