/* SPDX-License-Identifier: Apache-2.0 */
/* The memories of a program that runs from flash, as its linker script lays them out, and filling
 * them at the start. Included by start.c only. */
#ifndef INTEGRAD_BOARD_MEMORIES_H
#define INTEGRAD_BOARD_MEMORIES_H

#include <stdbool.h>
#include <stdint.h>

/* Defined by the linker script. */
extern uint32_t integrad_stack_limit[], integrad_stack_top[];
extern uint32_t integrad_data_begin[], integrad_data_end[];
extern const uint32_t integrad_data_image[];
extern uint32_t integrad_bss_begin[], integrad_bss_end[];

/* Compared as integers: a compiler may assume that two objects have different addresses. */
static inline bool is_before(const uint32_t *word, const uint32_t *end) {
    return (uintptr_t)word < (uintptr_t)end;
}

/* Variables with initial values, and zeros in all others. */
static inline void fill_memories(void) {
    const uint32_t *image = integrad_data_image;
    for (uint32_t *word = integrad_data_begin; is_before(word, integrad_data_end); word++) {
        *word = *image++;
    }
    for (uint32_t *word = integrad_bss_begin; is_before(word, integrad_bss_end); word++) {
        *word = 0;
    }
}

#endif
