/* Does what the next byte from the serial port says, most of it wrong. */
#include "board.h"
#include "region.h"

static uint32_t state = 1;

static void send(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    integrad_board_send(text, length);
}

__attribute__((noinline)) static void step(void) {
    state = state * 1664525u + 1013904223u;
}

__attribute__((noinline)) static void send_garbage(void) {
    for (int i = 0; i < 3000; i++) {
        step();
        const uint8_t byte = (uint8_t)(state >> 24);
        integrad_board_send(&byte, 1);
    }
}

__attribute__((noinline)) static void spin(void) {
    for (;;) {
        state++;
        __asm__ volatile("" ::: "memory");
    }
}

__attribute__((noinline)) static void read_missing_memory(void) {
    state = *(volatile uint32_t *)0xA0000000u;
}

/* The handler of the fault faults as well. */
__attribute__((noinline)) static void fault_twice(void) {
    static uint32_t vectors[64] __attribute__((aligned(256)));
    for (int i = 0; i < 64; i++) {
        vectors[i] = (uint32_t)(uintptr_t)read_missing_memory;
    }
    *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)vectors;
    read_missing_memory();
}

__attribute__((noinline)) static void sleep_for_good(void) {
    *(volatile uint32_t *)0xE000E010u = 0; /* the timer of the system */
    __asm__ volatile("cpsid i");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

int main(void) {
    integrad_board_start();
#ifdef RESTARTS
    send("start\r\n");
    integrad_board_reset();
#endif
    for (;;) {
        const int byte = integrad_board_receive();
        switch (byte) {
        case 'p':
            integrad_region_begin();
            step();
            integrad_region_end();
            send("pong\r\n");
            break;
        case 'g':
            send_garbage();
            break;
        case 'o':
            for (;;) {
                send("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n");
            }
        case 's':
            spin();
            break;
        case 'f':
            read_missing_memory();
            break;
        case 'd':
            fault_twice();
            break;
        case 'w':
            sleep_for_good();
            break;
        default:
            break;
        }
    }
}
