/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of an emulated machine starts again, without a reset of the machine: that would
 * forget the bytes which the port holds, and a host may have sent the first of its next request.
 */
#if defined(__arm__)
#include "core.h"

static void stop_ticks(void) {
    const uint32_t clear_pending = 1u << 25;
    REGISTER(0xE000E010u) = 0;             /* control of the system timer */
    REGISTER(0xE000ED04u) = clear_pending; /* interrupt control and state */
}

__attribute__((naked, noreturn)) static void start_again(void) {
    __asm__ volatile(".syntax unified\n\t"
                     "movs r0, #0\n\t"
                     "msr control, r0\n\t"
                     "isb\n\t"
#if __ARM_ARCH >= 8
                     "msr msplim, r0\n\t"
#endif
                     "ldr r0, =integrad_stack_top\n\t"
                     "mov sp, r0\n\t"
                     "ldr r0, =integrad_reset\n\t"
                     "cpsie i\n\t"
                     "bx r0\n\t"
                     ".ltorg");
}

void integrad_board_reset(void) {
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    stop_ticks();
    while (exception != 0) { /* an interrupt handler cannot be left so */
        reset_system();
    }
    start_again();
}
#else
#include "driver.h"

void integrad_reset(void) __attribute__((noreturn));

void integrad_board_reset(void) {
    integrad_reset();
}
#endif
