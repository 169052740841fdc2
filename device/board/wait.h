/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a register, with a bound. */
#ifndef INTEGRAD_BOARD_WAIT_H
#define INTEGRAD_BOARD_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* How often to look. A look takes at least three cycles and, with wait states, seldom more than
 * twenty. */
enum {
    WAIT_FOR_OSCILLATOR = 200000, /* 20 ms and more at 16 MHz; a crystal needs 2 to 5 ms */
    WAIT_FOR_BYTE = 200000,       /* 4 ms and more at 168 MHz; a byte takes 87 us */
    WAIT_FOR_FLASH = 100000000    /* 2 s and more at 168 MHz; a sector of 128 KB takes 1 to 2 s */
};

/* Whether the bits of `mask` took this value. */
static inline bool wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t value,
                            uint32_t looks) {
    while ((*reg & mask) != value) {
        if (looks == 0) {
            return false;
        }
        looks--;
    }
    return true;
}

#endif
