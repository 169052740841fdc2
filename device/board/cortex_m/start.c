/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From reset to main on any Cortex-M.
 *
 * The stack lies at the bottom of RAM. When it exceeds its reserve, it leaves RAM and the core
 * faults (where the core has a stack limit or a memory protection unit, at once), instead of
 * overwriting variables.
 */
#include "driver.h"
#include "memories.h"

int main(void);
void integrad_board_tick_interrupt(void); /* in ticks.c */
void integrad_reset(void) __attribute__((noreturn, used));
static void fault(void) __attribute__((noreturn));

typedef union {
    uint32_t *stack_top;
    void (*handler)(void);
} vector;

enum { CORE_VECTORS = 16 };

/* Entries that are absent belong to interrupts that nobody enables. */
extern const vector integrad_vectors[CORE_VECTORS + BOARD_INTERRUPTS];
const vector integrad_vectors[CORE_VECTORS + BOARD_INTERRUPTS]
    __attribute__((section(".vectors"), used)) = {
        [0] = {.stack_top = integrad_stack_top},
        [1] = {.handler = integrad_reset},
        [2] = {.handler = fault},  /* NMI */
        [3] = {.handler = fault},  /* HardFault */
        [4] = {.handler = fault},  /* MemManage */
        [5] = {.handler = fault},  /* BusFault */
        [6] = {.handler = fault},  /* UsageFault */
        [7] = {.handler = fault},  /* SecureFault */
        [11] = {.handler = fault}, /* SVCall */
        [12] = {.handler = fault}, /* DebugMonitor */
        [14] = {.handler = fault}, /* PendSV */
        [15] = {.handler = integrad_board_tick_interrupt},
#ifdef BOARD_SERIAL_INTERRUPT
        [CORE_VECTORS + BOARD_SERIAL_INTERRUPT] = {.handler = integrad_board_serial_interrupt},
#endif
};

static void guard_stack(void) {
#if defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
    __asm__ volatile("msr msplim, %0" ::"r"(integrad_stack_limit));
#else
    /* The memory protection unit, if the chip has one: no access to the kilobyte below RAM. */
    volatile uint32_t *const unit = (volatile uint32_t *)0xE000ED90u;
    enum { TYPE, CONTROL, REGION_NUMBER, REGION_BASE, REGION_ATTRIBUTES };
    const uint32_t execute_never = 1u << 28, size_1_kb = 9u << 1, enable = 1u;
    const uint32_t usual_map_elsewhere = 1u << 2;
    if (unit[TYPE] != 0) {
        unit[REGION_NUMBER] = 0;
        unit[REGION_BASE] = (uint32_t)(uintptr_t)integrad_stack_limit - 1024;
        unit[REGION_ATTRIBUTES] = execute_never | size_1_kb | enable;
        unit[CONTROL] = usual_map_elsewhere | enable;
        __asm__ volatile("dsb\n\tisb" ::: "memory");
    }
#endif
}

#ifdef BOARD_STACK_PAINT
/* Except for what a compiler may push after the stack pointer was read. */
static void paint_stack(void) {
    uintptr_t used;
    const uintptr_t own_frame = 64;
    __asm__ volatile("mov %0, sp" : "=r"(used));
    for (volatile uint32_t *word = integrad_stack_limit; (uintptr_t)word < used - own_frame;
         word++) {
        *word = BOARD_STACK_PAINT;
    }
}
#endif

void integrad_reset(void) {
    /* Vector table offset: a boot loader may have left its own. */
    REGISTER(0xE000ED08u) = (uint32_t)(uintptr_t)integrad_vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    /* Without access to coprocessors 10 and 11, all FPU and vector instructions fault. */
    REGISTER(0xE000ED88u) |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    fill_memories();
    guard_stack();
#ifdef BOARD_STACK_PAINT
    paint_stack();
#endif
#ifdef BOARD_EXIT
    BOARD_EXIT(main());
#else
    (void)main();
    fault();
#endif
}

/* An exception that nobody handles: the LED stays lit. A product would call
 * integrad_board_reset() here. The stack may be the cause, so it begins anew. */
static void lit_for_ever(void) __attribute__((noreturn, used));
static void lit_for_ever(void) {
    for (;;) {
        integrad_board_light(true);
    }
}

__attribute__((naked)) static void fault(void) {
    __asm__ volatile("ldr r0, =integrad_stack_top\n\t"
                     "mov sp, r0\n\t"
                     "ldr r0, =lit_for_ever\n\t"
                     "bx r0\n\t"
                     ".ltorg");
}
