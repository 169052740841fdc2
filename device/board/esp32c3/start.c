/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the boot ROM of an ESP32-C3 to main, and its interrupts.
 *
 * The ROM copies the whole program from the beginning of the flash chip to RAM, so that nothing is
 * left to copy here. The stack lies below the variables, so that it leaves them alone when it
 * exceeds its reserve.
 */
#include "esp32c3.h"

/* Defined by the linker script. */
extern uint32_t integrad_bss_begin[], integrad_bss_end[];

int main(void);
void integrad_reset(void) __attribute__((noreturn, naked, used));
void integrad_prepare(void) __attribute__((noreturn, used));
void integrad_vectors(void) __attribute__((naked, used, aligned(256)));
void integrad_trap(void) __attribute__((interrupt, used));

/* Instructions for control and status registers are written as encodings, because assemblers
 * disagree on the name of the extension to which they belong. */
#define WRITE_CSR(number, value) __asm__ volatile(".insn i 0x73, 1, x0, %0, " #number ::"r"(value))
#define READ_CSR(value, number) __asm__ volatile(".insn i 0x73, 2, %0, x0, " #number : "=r"(value))

void integrad_reset(void) {
    __asm__ volatile("la sp, integrad_stack_top\n\t"
                     ".option push\n\t"
                     ".option norelax\n\t"
                     "la gp, __global_pointer$\n\t"
                     ".option pop\n\t"
                     "j integrad_prepare");
}

/* One jump for the exceptions, and one for each of the 31 interrupts. */
void integrad_vectors(void) {
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".rept 32\n\t"
                     "j integrad_trap\n\t"
                     ".endr\n\t"
                     ".option pop");
}

/* Only the serial port interrupts. After an exception that nobody handles, the program stands
 * still; a product would call integrad_board_reset() here. */
void integrad_trap(void) {
    uint32_t cause;
    READ_CSR(cause, 0x342);
    if ((cause & 0x80000000u) == 0) {
        for (;;) {
        }
    }
    integrad_board_serial_interrupt();
}

/* Of the ROM, which guard the boot, and would reset the chip after some seconds. */
static void stop_watchdogs(void) {
    const uint32_t key = 0x50D83AA1u, super_key = 0x8F1D312Au, feeds_itself = 1u << 31;
    RTC_WDTWPROTECT = key;
    RTC_WDTCONFIG0 = 0;
    RTC_WDTWPROTECT = 0;
    RTC_SWD_WPROTECT = super_key;
    RTC_SWD_CONF |= feeds_itself;
    RTC_SWD_WPROTECT = 0;
    for (uint32_t group = 0; group < TIMER_GROUPS; group++) {
        TIMG_WDTWPROTECT(group) = key;
        TIMG_WDTCONFIG0(group) = 0;
        TIMG_WDTWPROTECT(group) = 0;
    }
}

void integrad_prepare(void) {
    const uint32_t vectored = 1;
    stop_watchdogs();
    for (uint32_t *word = integrad_bss_begin; (uintptr_t)word < (uintptr_t)integrad_bss_end;
         word++) {
        *word = 0;
    }
    WRITE_CSR(0x305, (uint32_t)(uintptr_t)integrad_vectors | vectored);
    (void)main();
    for (;;) {
    }
}
