/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives at the serial port, from its interrupt to the application. */
#include "driver.h"
#include "interrupts.h"

static byte_ring received;

void integrad_received(uint8_t byte) {
    ring_put(&received, byte);
}

/* Looks for bytes that have raised no interrupt. They always do, except in emulators that have the
 * port but not its interrupt; hence only when there is nothing else to do. */
static void poll(void) {
    const uint32_t before = mask_interrupts();
    integrad_board_serial_interrupt();
    unmask_interrupts(before);
}

int integrad_board_receive(void) {
    const int byte = ring_take(&received);
    if (byte >= 0) {
        return byte;
    }
    poll();
    return ring_take(&received);
}
