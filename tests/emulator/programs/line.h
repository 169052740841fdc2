/* The serial port, the reset and the timer of the emulated machines, by the registers that tests
 * need. */
#ifndef LINE_H
#define LINE_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if defined(__riscv)
#define UART_DATA (*(volatile uint8_t *)0x10000000u)
#define UART_INTERRUPTS (*(volatile uint8_t *)0x10000001u)
#define UART_STATUS (*(volatile uint8_t *)0x10000005u)

/* csrw mie, of which these are the bits */
#define ENABLE_INTERRUPTS(kinds) __asm__ volatile(".insn i 0x73, 1, x0, %0, 0x304" ::"r"(kinds))
#define BY_TIMER (1u << 7)
#define FROM_DEVICES (1u << 11)

static void line_start(void) {
}

static int line_has_byte(void) {
    return UART_STATUS & 1;
}

__attribute__((noinline)) static uint8_t line_take(void) {
    return UART_DATA;
}

static void line_send(uint8_t byte) {
    while ((UART_STATUS & 0x20) == 0) {
    }
    UART_DATA = byte;
}

static void machine_reset(void) {
    REGISTER(0x00100000u) = 0x7777; /* the command to reset */
}

/* Sleep for a hundredth of a second, until the machine's timer expires. */
static void sleep_by_timer(void) {
    const uint32_t ticks = 100000;
    uint32_t now = REGISTER(0x0200BFF8u);
    REGISTER(0x02004004u) = 0;           /* when it expires, upper half */
    REGISTER(0x02004000u) = now + ticks; /* lower half */
    ENABLE_INTERRUPTS(BY_TIMER);
    __asm__ volatile("wfi");
    ENABLE_INTERRUPTS(0);
}

/* Sleep until a byte arrives, with interrupts that wake the core and are not taken. */
static void sleep_until_byte(void) {
    const uint32_t number = 10;             /* of the port's interrupt */
    UART_INTERRUPTS = 1;                    /* when a byte has arrived */
    REGISTER(0x0C000000u + 4 * number) = 1; /* its priority */
    REGISTER(0x0C002000u) = 1u << number;   /* those that reach the core */
    ENABLE_INTERRUPTS(FROM_DEVICES);
    while (!line_has_byte()) {
        __asm__ volatile("wfi");
    }
    ENABLE_INTERRUPTS(0);
}
#else
#if __ARM_ARCH == 6 /* the nRF51, whose port is started and sends by tasks */
#define UART 0x40002000u

static void line_start(void) {
    REGISTER(UART + 0x500) = 4; /* on */
    REGISTER(UART + 0x000) = 1; /* begin to receive */
    REGISTER(UART + 0x008) = 1; /* begin to send */
}

static void line_wakes(void) {
    REGISTER(UART + 0x304) = 4; /* an interrupt when a byte has arrived */
}

static int line_has_byte(void) {
    return REGISTER(UART + 0x108) != 0;
}

__attribute__((noinline)) static uint8_t line_take(void) {
    REGISTER(UART + 0x108) = 0;
    return (uint8_t)REGISTER(UART + 0x518);
}

static void line_send(uint8_t byte) {
    REGISTER(UART + 0x11C) = 0;
    REGISTER(UART + 0x51C) = byte;
    while (REGISTER(UART + 0x11C) == 0) {
    }
}
#else
#if __ARM_ARCH == 7
#define UART 0x40004000u
#elif defined(__ARM_FEATURE_MVE)
#define UART 0x59303000u
#else
#define UART 0x50200000u
#endif

static void line_start(void) {
    REGISTER(UART + 0x10) = 16; /* the fastest rate */
    REGISTER(UART + 0x08) = 3;  /* send and receive */
}

static void line_wakes(void) {
    REGISTER(UART + 0x08) = 11; /* also an interrupt when a byte has arrived */
}

static int line_has_byte(void) {
    return REGISTER(UART + 0x04) & 2;
}

__attribute__((noinline)) static uint8_t line_take(void) {
    return (uint8_t)REGISTER(UART);
}

static void line_send(uint8_t byte) {
    while ((REGISTER(UART + 0x04) & 1) != 0) {
    }
    REGISTER(UART) = byte;
}
#endif

static void machine_reset(void) {
    REGISTER(0xE000ED0Cu) = 0x05FA0004u; /* the key, and the request */
}

static void sleep_by_timer(void) {
    __asm__ volatile("cpsid i");
    REGISTER(0xE000E014u) = 200000; /* ticks until it expires */
    REGISTER(0xE000E018u) = 0;      /* begin with all of them */
    REGISTER(0xE000E010u) = 7;      /* on, with its interrupt, from the clock of the core */
    __asm__ volatile("wfi");
    REGISTER(0xE000E010u) = 0;
    REGISTER(0xE000ED04u) = 1u << 25; /* forget the interrupt */
}

static void sleep_until_byte(void) {
    __asm__ volatile("cpsid i");
    line_wakes();
    for (uint32_t group = 0; group < 3; group++) {
        REGISTER(0xE000E100u + 4 * group) = 0xFFFFFFFFu; /* enable all of them */
    }
    while (!line_has_byte()) {
        __asm__ volatile("wfi");
    }
}
#endif

static uint8_t line_receive(void) {
    while (!line_has_byte()) {
    }
    return line_take();
}

static void line_print(const char *text) {
    while (*text != '\0') {
        line_send((uint8_t)*text++);
    }
}

#endif
