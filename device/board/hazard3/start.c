/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the boot ROM to main on the RISC-V core Hazard3, and its interrupts.
 *
 * The stack lies at the bottom of RAM. When it exceeds its reserve, it leaves RAM and the core
 * faults at once, instead of overwriting variables.
 */
#include "core.h"
#include "memories.h"

int main(void);
void integrad_reset(void) __attribute__((noreturn, naked, used));
void integrad_prepare(void) __attribute__((noreturn, used));
void integrad_vectors(void) __attribute__((naked, used, aligned(64), section(".vectors")));
void integrad_external_interrupt(void) __attribute__((interrupt, used));
void integrad_fault(void) __attribute__((noreturn, naked, used));
void integrad_lit_for_ever(void) __attribute__((noreturn, used));

void integrad_reset(void) {
    __asm__ volatile(".insn i 0x73, 7, x0, x8, 0x300\n\t" /* csrci mstatus: no interrupts yet */
                     "la sp, integrad_stack_top\n\t"
                     "j integrad_prepare");
}

/* One jump for exceptions, and one for each of the interrupts 1 to 11, of which the last is that of
 * all devices. Nobody enables the others. */
void integrad_vectors(void) {
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".rept 11\n\t"
                     "j integrad_fault\n\t"
                     ".endr\n\t"
                     "j integrad_external_interrupt\n\t"
                     ".option pop");
}

/* Of the devices, only the serial port interrupts. */
void integrad_external_interrupt(void) {
    integrad_board_serial_interrupt();
}

/* The memory protection unit: no access to the 64 KB below RAM. The core knows only regions of a
 * power of two, whose size is the number of ones at the end of the address. */
static void guard_stack(void) {
    const uint32_t bytes = 0x10000u, begin = (uint32_t)(uintptr_t)integrad_stack_limit - bytes;
    const uint32_t locked = 0x80u, power_of_two = 0x18u; /* locked: in machine mode, too */
    WRITE_CSR(PMPADDR0, begin >> 2 | (bytes / 8 - 1));
    WRITE_CSR(PMPCFG0, locked | power_of_two);
}

void integrad_prepare(void) {
    const uint32_t vectored = 1;
    WRITE_CSR(MIE, 0);
    WRITE_CSR(MTVEC, (uint32_t)(uintptr_t)integrad_vectors | vectored);
    fill_memories();
    __asm__ volatile(".insn i 0x0F, 1, x0, x0, 0" ::: "memory"); /* fence.i: RAM has code now */
    guard_stack();
    (void)main();
    integrad_fault();
}

/* An exception that nobody handles: the LED stays lit. A product would call
 * integrad_board_reset() here. The stack may be the cause, so it begins anew. */
void integrad_fault(void) {
    __asm__ volatile(".insn i 0x73, 7, x0, x8, 0x300\n\t"
                     "la sp, integrad_stack_top\n\t"
                     "j integrad_lit_for_ever");
}

void integrad_lit_for_ever(void) {
    for (;;) {
        integrad_board_light(true);
    }
}
