/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the drivers of all families share. Included by board.c and start.c only; an application
 * includes board.h.
 *
 * board_config.h defines, besides what a family needs:
 *
 *     BOARD_INTERRUPTS          number of the chip's interrupts, those of the core not counted
 *     BOARD_SERIAL_INTERRUPT    number of the one that the serial port raises; not defined where
 *                               the port is looked at when the program asks for a byte
 *     BOARD_SERIAL_BAUD         bits per second
 *     BOARD_RECEIVE_BYTES       size of the buffer of received bytes, a power of two; only with the
 *                               interrupt
 *     BOARD_STORE_SLOTS, BOARD_STORE_SLOT_BYTES, BOARD_STORE_BLOCK_BYTES, BOARD_STORE_UNIT_BYTES
 *                               geometry of the weight store; 0 slots if nothing learns
 *     BOARD_EXIT, BOARD_STACK_PAINT
 *                               only for emulators: what takes the status that main returns; words
 *                               that the stack consists of before it is used
 */
#ifndef INTEGRAD_BOARD_DRIVER_H
#define INTEGRAD_BOARD_DRIVER_H

#include <stdint.h>

#include "board.h"
#include "board_config.h"

/* A register of the chip. */
#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Functions that run from RAM, because they change the flash. They must call nothing in flash,
 * which includes memcpy and divisions on cores without a divider. */
#define RUNS_FROM_RAM __attribute__((section(".ram_code"), noinline))

/* Defined by the linker script. */
extern uint8_t integrad_board_store_begin[], integrad_board_store_end[];

#ifdef BOARD_SERIAL_INTERRUPT
/* Handler of BOARD_SERIAL_INTERRUPT, in board.c; start.c puts it into the vector table. */
void integrad_board_serial_interrupt(void);

/* Takes a byte from the serial port; called by the handler. In receive.c, with
 * integrad_board_receive. */
void integrad_received(uint8_t byte);

/* Bytes from the interrupt to the application. Each index is written on one side only. */
typedef struct {
    volatile uint32_t written, taken;
    volatile uint8_t bytes[BOARD_RECEIVE_BYTES];
} byte_ring;

/* A byte that finds no space is lost; the protocol notices and repeats. */
static inline void ring_put(byte_ring *ring, uint8_t byte) {
    const uint32_t written = ring->written;
    if (written - ring->taken < BOARD_RECEIVE_BYTES) {
        ring->bytes[written % BOARD_RECEIVE_BYTES] = byte;
        ring->written = written + 1;
    }
}

/* -1 if there is none. */
static inline int ring_take(byte_ring *ring) {
    const uint32_t taken = ring->taken;
    if (taken == ring->written) {
        return -1;
    }
    const uint8_t byte = ring->bytes[taken % BOARD_RECEIVE_BYTES];
    ring->taken = taken + 1;
    return byte;
}
#endif

/* Begins to count milliseconds at this frequency of the core; board.c calls it once the clocks run.
 * In cortex_m/ticks.c for all Cortex-M. */
void integrad_board_start_ticks(uint32_t core_hz);

#endif
