/* What the start-up code of every family of cores does in C: fill the memories, measure the stack,
 * print numbers. Included once per program, by the startup.c of the family.
 *
 * The linker script puts the stack at the bottom of RAM: when it overflows, it leaves RAM (or meets
 * a guard, where the core has one) and faults, instead of silently overwriting data.
 */
#ifndef INTEGRAD_START_H
#define INTEGRAD_START_H

#include "bare_metal/semihosting.h"

#include "transport.h"

/* Exit status after a fault; the host reads the details from the console. */
enum { EXIT_FAULT = 125 };

#define STACK_PAINT 0x5AC3A53Cu

/* Addresses that the linker script defines. */
extern uint32_t integrad_stack_limit[], integrad_stack_top[];
extern uint32_t integrad_data_start[], integrad_data_end[];
extern const uint32_t integrad_data_image[];
extern uint32_t integrad_bss_start[], integrad_bss_end[];

int main(void);
void integrad_start(void) __attribute__((noreturn, used, noinline));

/* Compared as integers: two linker symbols may be equal, whereas a compiler may assume that two
 * objects have different addresses. */
static int is_before(const volatile uint32_t *word, const uint32_t *end) {
    return (uintptr_t)word < (uintptr_t)end;
}

void integrad_start(void) {
#if !defined(__AVR__) /* where libgcc has done it */
    const uint32_t *image = integrad_data_image;
    for (uint32_t *word = integrad_data_start; is_before(word, integrad_data_end); word++) {
        *word = *image++;
    }
    for (uint32_t *word = integrad_bss_start; is_before(word, integrad_bss_end); word++) {
        *word = 0;
    }
#endif
    uintptr_t used;
#if defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(used));
#elif defined(__AVR__)
    __asm__ volatile("in %A0, __SP_L__\n\tin %B0, __SP_H__" : "=r"(used));
#else
    __asm__ volatile("mov %0, sp" : "=r"(used));
#endif
    for (volatile uint32_t *word = integrad_stack_limit; (uintptr_t)word < used; word++) {
        *word = STACK_PAINT;
    }
    semihosting_exit(main());
}

uint32_t integrad_stack_peak(void) {
    const volatile uint32_t *word = integrad_stack_limit;
    while (is_before(word, integrad_stack_top) && *word == STACK_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)integrad_stack_top - (uintptr_t)word);
}

#if !defined(__AVR__) /* which has no faults to report */
static void print_field(const char *name, uint32_t value) {
    char digits[9];
    for (int i = 7; i >= 0; i--) {
        uint32_t digit = value & 15u;
        digits[i] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value >>= 4;
    }
    digits[8] = '\0';
    semihosting_print(name);
    semihosting_print(digits);
}
#endif

#endif
