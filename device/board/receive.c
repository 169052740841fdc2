/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives at the serial port, from its interrupt to the application. */
#include "driver.h"

static byte_ring received;

void integrad_received(uint8_t byte) {
    ring_put(&received, byte);
}

/* Looks for bytes that have raised no interrupt. They always do, except in emulators that have the
 * port but not its interrupt; hence only when there is nothing else to do. */
static void poll(void) {
#if defined(__arm__)
    uint32_t masked;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(masked)::"memory");
    integrad_board_serial_interrupt();
    __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");
#elif defined(__riscv)
    /* csrrci and csrrs of mstatus: the bit that enables interrupts. */
    uint32_t before;
    __asm__ volatile(".insn i 0x73, 7, %0, x8, 0x300" : "=r"(before)::"memory");
    integrad_board_serial_interrupt();
    before &= 8;
    __asm__ volatile(".insn i 0x73, 2, x0, %0, 0x300" ::"r"(before) : "memory");
#endif
}

int integrad_board_receive(void) {
    const int byte = ring_take(&received);
    if (byte >= 0) {
        return byte;
    }
    poll();
    return ring_take(&received);
}
