/* A program with a start and a handler of faults of its own, as applications have. HANDLER, which
 * may be 0, and the INSTRUCTION that is executed first are chosen when it is compiled. */
#include <stdint.h>

void start(void);
void handle_fault(void);
void read_sensor(void) __attribute__((noinline));

extern uint32_t integrad_stack_top[];

extern void *const vectors[16];
__attribute__((section(".vectors"), used)) void *const vectors[16] = {
    (void *)integrad_stack_top,
    (void *)start,
    0,
    (void *)HANDLER,
};

void read_sensor(void) {
    __asm__ volatile(INSTRUCTION);
}

void start(void) {
    read_sensor();
    for (;;) {
    }
}

void handle_fault(void) {
    for (;;) {
    }
}
