/* From reset to main on a RISC-V core of 32 bits, and a report when the core faults. */
#include "bare_metal/start.h"

void integrad_reset(void) __attribute__((noreturn, naked, used, section(".text.first")));
void integrad_prepare(void) __attribute__((noreturn, used, noinline));
void integrad_trap(void) __attribute__((naked, used, aligned(4)));
void integrad_report_fault(uint32_t sp, uint32_t ra, uint32_t pc) __attribute__((noreturn, used));

/* Numbers of control and status registers. */
enum {
    TRAP_VECTOR = 0x305,
    TRAP_CAUSE = 0x342,
    TRAP_VALUE = 0x343,
    PROTECTION_KINDS = 0x3A0,
    PROTECTION_BEGIN = 0x3B0,
    PROTECTION_END = 0x3B1
};

/* Written as encodings, because assemblers disagree on the name of the extension to which the
 * instructions for these registers belong. */
#define WRITE_REGISTER(number, value)                                                              \
    __asm__ volatile(".insn i 0x73, 1, x0, %0, %1" ::"r"(value), "i"(number))
#define READ_REGISTER(value, number)                                                               \
    __asm__ volatile(".insn i 0x73, 2, %0, x0, %1" : "=r"(value) : "i"(number))

void integrad_reset(void) {
    __asm__ volatile("la sp, integrad_stack_top\n\t"
                     "j integrad_prepare");
}

/* Makes the core fault if the stack exceeds its reserve: no access to the 16 MB below RAM, in which
 * the machine has other memory. */
static inline void guard_stack(void) {
    const uint32_t limit = (uint32_t)(uintptr_t)integrad_stack_limit;
    const uint32_t locked = 0x80u, from_last_to_this = 0x08u;
    WRITE_REGISTER(PROTECTION_BEGIN, (limit - (16u << 20)) >> 2);
    WRITE_REGISTER(PROTECTION_END, limit >> 2);
    WRITE_REGISTER(PROTECTION_KINDS, (locked | from_last_to_this) << 8);
}

void integrad_prepare(void) {
    WRITE_REGISTER(TRAP_VECTOR, integrad_trap);
    guard_stack();
    integrad_start();
}

/* The stack itself may be the cause of the fault, so the report uses a new one, which overwrites
 * the old. 0x341 is the register of the program counter at the fault. */
void integrad_trap(void) {
    __asm__ volatile("mv a0, sp\n\t"
                     "mv a1, ra\n\t"
                     ".insn i 0x73, 2, a2, x0, 0x341\n\t"
                     "la sp, integrad_stack_top\n\t"
                     "j integrad_report_fault");
}

void integrad_report_fault(uint32_t sp, uint32_t ra, uint32_t pc) {
    uint32_t cause, value;
    READ_REGISTER(cause, TRAP_CAUSE);
    READ_REGISTER(value, TRAP_VALUE);
    print_field("\nfault: exception=", cause);
    print_field(" sp=", sp);
    print_field(" mtval=", value);
    if (sp < (uint32_t)(uintptr_t)integrad_stack_limit) {
        semihosting_print(" stack overflow\n");
    } else {
        print_field(" lr=", ra);
        print_field(" pc=", pc);
        semihosting_print("\n");
    }
    semihosting_exit(EXIT_FAULT);
}
