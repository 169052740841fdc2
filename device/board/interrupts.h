/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping interrupts away for a while. Always inlined, so that functions in RAM may use them. */
#ifndef INTEGRAD_BOARD_INTERRUPTS_H
#define INTEGRAD_BOARD_INTERRUPTS_H

#include <stdint.h>

/* Returns what unmask_interrupts() takes. */
static inline __attribute__((always_inline)) uint32_t mask_interrupts(void) {
    uint32_t before = 0;
#if defined(__arm__)
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
#elif defined(__riscv)
    /* csrrci of mstatus: the bit that enables interrupts. An encoding, because assemblers disagree
     * on the name of the extension to which the instruction belongs. */
    __asm__ volatile(".insn i 0x73, 7, %0, x8, 0x300" : "=r"(before)::"memory");
#endif
    return before;
}

/* Lets interrupts come again, unless they were masked before, too. */
static inline __attribute__((always_inline)) void unmask_interrupts(uint32_t before) {
#if defined(__arm__)
    __asm__ volatile("msr primask, %0" ::"r"(before) : "memory");
#elif defined(__riscv)
    before &= 8;
    __asm__ volatile(".insn i 0x73, 2, x0, %0, 0x300" ::"r"(before) : "memory"); /* csrrs */
#else
    (void)before;
#endif
}

#endif
