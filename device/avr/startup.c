/* From reset to main on an AVR. Interrupts stay disabled, so there are no vectors. */
#include "bare_metal/start.h"

void integrad_reset(void) __attribute__((naked, used, section(".init0")));
void integrad_enter(void) __attribute__((naked, used, section(".init9")));

/* Execution begins here and continues with the code in .init4, by which libgcc copies initial
 * values to RAM and clears the other variables. */
void integrad_reset(void) {
    __asm__ volatile("clr __zero_reg__\n\t"
                     "out __SREG__, __zero_reg__\n\t"
                     "ldi r28, lo8(integrad_stack_top - 1)\n\t"
                     "ldi r29, hi8(integrad_stack_top - 1)\n\t"
                     "out __SP_H__, r29\n\t"
                     "out __SP_L__, r28");
}

void integrad_enter(void) {
    __asm__ volatile("jmp integrad_start");
}
