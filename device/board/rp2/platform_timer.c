/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds from the platform timer of RISC-V, which an RP2350 has for its RISC-V cores. */
#include "chip.h"

static uint32_t ticks_per_millisecond = 1;

/* Counts cycles of the system clock, so that no other clock is needed. */
void integrad_board_start_ticks(uint32_t core_hz) {
    const uint32_t enable = 1u << 0, every_cycle = 1u << 1;
    ticks_per_millisecond = core_hz / 1000;
    REGISTER(MTIME_CTRL) = 0;
    REGISTER(MTIME) = 0;
    REGISTER(MTIMEH) = 0;
    REGISTER(MTIME_CTRL) = enable | every_cycle;
}

/* Long division by bytes, because the function with which compilers divide 64 bits is large. A
 * millisecond has fewer than 2^24 ticks. */
static uint32_t divided(uint32_t high, uint32_t low, uint32_t divisor) {
    uint32_t quotient = 0, rest = high % divisor;
    for (int i = 0; i < 4; i++) {
        rest = rest << 8 | low >> 24;
        low <<= 8;
        quotient = quotient << 8 | rest / divisor;
        rest %= divisor;
    }
    return quotient;
}

/* The lower half may overflow between two reads. */
uint32_t integrad_board_milliseconds(void) {
    uint32_t high, low;
    do {
        high = REGISTER(MTIMEH);
        low = REGISTER(MTIME);
    } while (REGISTER(MTIMEH) != high);
    return divided(high, low, ticks_per_millisecond);
}
