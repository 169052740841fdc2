/* Does what the next byte from the serial port says, in functions whose names tests look for. */
#include "bare_metal/semihosting.h"
#include "line.h"
#include "region.h"
#include "where.h" /* written by the test: NOTE and STORE, addresses in RAM and flash */

#define AGAIN 0x52455354u

void hang(void) __attribute__((noinline));
void sleep_forever(void) __attribute__((noinline));
void write_far_away(void) __attribute__((noinline));
void run_undefined_instruction(void) __attribute__((noinline));
uint32_t overflow(uint32_t depth) __attribute__((noinline));
void echo(uint32_t count) __attribute__((noinline));
void program_word(volatile uint32_t *at, uint32_t value) __attribute__((noinline));

/* At the end of RAM, which start-up code does not write to. */
static volatile uint32_t *const note = (volatile uint32_t *)NOTE;
static uint32_t work[64];

void hang(void) {
    for (;;) {
        __asm__ volatile("nop");
    }
}

void sleep_forever(void) {
    for (;;) {
        __asm__ volatile("wfi");
    }
}

void write_far_away(void) {
    REGISTER(0x18000000u) = 1;
}

void run_undefined_instruction(void) {
#if defined(__riscv)
    __asm__ volatile(".word 0");
#else
    __asm__ volatile("udf #1");
#endif
}

uint32_t overflow(uint32_t depth) {
    volatile uint32_t space[32];
    space[0] = depth;
    return depth == UINT32_MAX ? 0 : overflow(depth + 1) + space[0];
}

/* Sends back what arrives, with work between. */
void echo(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < 64; k++) {
            work[k] = work[k] * 3 + i;
        }
        line_send(line_receive());
    }
}

void program_word(volatile uint32_t *at, uint32_t value) {
    *at &= value;
}

static void save(void) {
    for (uint32_t i = 0; i < 16; i++) {
        program_word((volatile uint32_t *)STORE + i, 0xA5A50000u + i);
    }
}

static uint32_t number(void) {
    uint32_t low = line_receive();
    uint32_t middle = line_receive();
    return low | middle << 8 | (uint32_t)line_receive() << 16;
}

int main(void) {
    if (*note == AGAIN) {
        machine_reset();
        hang();
    }
    line_start();
    line_print("ready\n");
    for (;;) {
        switch (line_receive()) {
        case 'c':
            integrad_region_begin();
            __asm__ volatile("nop\n\tnop\n\tnop");
            integrad_region_end();
            line_print("done.\n");
            break;
        case 'e':
            echo(number());
            break;
        case 'f':
            save();
            line_print("saved\n");
            break;
        case 'h':
            hang();
            break;
        case 'i':
            sleep_until_byte();
            line_send(line_receive());
            break;
        case 'o':
            for (;;) {
                line_print("and so on\r\n");
            }
        case 'p':
            semihosting_print("printed\n");
            break;
        case 'r':
            *note = AGAIN;
            machine_reset();
            hang();
            break;
        case 's':
            return (int)overflow(0);
        case 't':
            for (int i = 0; i < 100; i++) {
                sleep_by_timer();
            }
            line_print("slept\n");
            break;
        case 'u':
            run_undefined_instruction();
            break;
        case 'w':
            write_far_away();
            break;
        case 'x':
            semihosting_exit((int)line_receive());
        case 'z':
            sleep_forever();
            break;
        default:
            line_print("?\n");
        }
    }
}
