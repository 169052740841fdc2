/* From reset to main on any Cortex-M, and a report when the core faults. */
#include "bare_metal/start.h"

void integrad_reset(void) __attribute__((noreturn, used));
void integrad_fault(void);
void integrad_report_fault(const uint32_t *sp, uint32_t exception, uint32_t lr, uint32_t pc)
    __attribute__((noreturn, used));

typedef union {
    uint32_t *stack_top;
    void (*handler)(void);
} vector;

/* Reset, NMI, HardFault, the other faults of bigger cores, supervisor call and system timer. The
 * programs do not use interrupts, so all of these are reported. */
extern const vector integrad_vectors[16];
const vector integrad_vectors[16] __attribute__((section(".vectors"), used)) = {
    {.stack_top = integrad_stack_top},
    {.handler = integrad_reset},
    {.handler = integrad_fault}, /* NMI */
    {.handler = integrad_fault}, /* HardFault */
    {.handler = integrad_fault}, /* MemManage */
    {.handler = integrad_fault}, /* BusFault */
    {.handler = integrad_fault}, /* UsageFault */
    {.handler = integrad_fault}, /* SecureFault */
    {.handler = 0},
    {.handler = 0},
    {.handler = 0},
    {.handler = integrad_fault}, /* SVCall */
    {.handler = integrad_fault}, /* DebugMonitor */
    {.handler = 0},
    {.handler = integrad_fault}, /* PendSV */
    {.handler = integrad_fault}, /* SysTick */
};

/* Make the core fault if the stack exceeds its reserve, even if there is other memory below it. */
static inline void guard_stack(void) {
#if __ARM_ARCH >= 8
    __asm__ volatile("msr msplim, %0" ::"r"(integrad_stack_limit));
#elif __ARM_ARCH >= 7
    /* The memory protection unit, if the core has one: no access to the 256 MB below RAM. */
    volatile uint32_t *const unit = (volatile uint32_t *)0xE000ED90u;
    enum { TYPE, CONTROL, REGION_NUMBER, REGION_BASE, REGION_ATTRIBUTES };
    const uint32_t execute_never = 1u << 28, size_256_mb = 27u << 1, enable = 1u;
    const uint32_t usual_map_elsewhere = 1u << 2;
    if (unit[TYPE] != 0) {
        unit[REGION_NUMBER] = 0;
        unit[REGION_BASE] = ((uint32_t)(uintptr_t)integrad_stack_limit - 1) & 0xF0000000u;
        unit[REGION_ATTRIBUTES] = execute_never | size_256_mb | enable;
        unit[CONTROL] = usual_map_elsewhere | enable;
        __asm__ volatile("dsb\n\tisb" ::: "memory");
    }
#endif
}

void integrad_reset(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    /* Without access to coprocessors 10 and 11, all FPU and vector instructions fault. */
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    guard_stack();
    /* A separate function, because the compiler may use vector instructions in it. */
    integrad_start();
}

/* Entered by the core, with r0-r3, r12, lr, pc and xpsr pushed if there was space for them.
 *
 * The stack itself may be the cause of the fault, so the report uses a new one, which overwrites
 * the old: lr and pc are read from there first. */
__attribute__((naked)) void integrad_fault(void) {
    __asm__ volatile(".syntax unified\n\t"
                     "mrs r0, msp\n\t"
                     "mrs r1, ipsr\n\t"
                     "movs r2, #0\n\t"
                     "movs r3, #0\n\t"
                     "ldr r4, =integrad_stack_limit\n\t"
                     "cmp r0, r4\n\t"
                     "blo 1f\n\t"
                     "ldr r2, [r0, #20]\n\t"
                     "ldr r3, [r0, #24]\n"
                     "1:\n\t"
                     "ldr r4, =integrad_stack_top\n\t"
                     "mov sp, r4\n\t"
                     "bl integrad_report_fault");
}

void integrad_report_fault(const uint32_t *sp, uint32_t exception, uint32_t lr, uint32_t pc) {
    print_field("\nfault: exception=", exception);
    print_field(" sp=", (uint32_t)(uintptr_t)sp);
    int overflow = is_before(sp, integrad_stack_limit);
#if __ARM_ARCH_ISA_THUMB >= 2
    uint32_t status = *(const volatile uint32_t *)0xE000ED28u;
    print_field(" cfsr=", status);
    /* The memory protection unit and the bus each have a register for the address. */
    uintptr_t address = (status & 0x80) != 0 ? 0xE000ED34u : 0xE000ED38u;
    print_field(" address=", *(const volatile uint32_t *)address);
    overflow |= (status & 0x00101010u) != 0; /* STKOF, STKERR, MSTKERR */
#endif
    if (overflow) {
        semihosting_print(" stack overflow\n");
    } else {
        print_field(" lr=", lr);
        print_field(" pc=", pc);
        semihosting_print("\n");
    }
    semihosting_exit(EXIT_FAULT);
}
