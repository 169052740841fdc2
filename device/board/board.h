/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application needs of a board: one serial port, one LED, one button, a memory for weights.
 *
 * The same for every board; a family of chips implements it in a folder of its own, from the
 * registers in the maker's reference manual. What differs between the boards of a family (pins,
 * frequencies, addresses) is in board_config.h, which belongs to the project.
 *
 * Nothing here waits without a bound: an oscillator that does not start is replaced by the one in
 * the chip, and a serial port that takes no bytes loses them.
 */
#ifndef INTEGRAD_BOARD_H
#define INTEGRAD_BOARD_H

#include <stdbool.h>
#include <stddef.h>

#include "integrad/store.h"

/* Clocks, serial port (115200 baud, 8 data bits, no parity, 1 stop bit), LED and button. Called
 * once, first of all. */
void integrad_board_start(void);

/* The next byte from the serial port, or -1 if none has arrived. Bytes arrive by interrupt and wait
 * in a buffer of BOARD_RECEIVE_BYTES, so that none is lost while the network computes. */
int integrad_board_receive(void);

/* Returns when the port has taken all bytes, or after a bounded time without progress. */
void integrad_board_send(const void *bytes, size_t count);

/* The LED, lit or not, whichever level that takes. */
void integrad_board_light(bool on);

/* Whether the button is pressed at this moment; always false on a board without one. */
bool integrad_board_button(void);

/* Milliseconds since the start, wrapping around. */
uint32_t integrad_board_milliseconds(void);

/* Starts again, as after switching on, once the serial port has sent what it took. */
void integrad_board_reset(void) __attribute__((noreturn));

/* The last blocks of flash, from integrad_board_store_begin to the end: no part of the program lies
 * there, and nothing but the store writes there. It has no slots if the model does not learn. */
extern const integrad_store integrad_board_store;

#endif
