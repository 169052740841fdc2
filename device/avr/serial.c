/* The transport of an AVR in simavr, and what takes the place of semihosting there.
 *
 * The session is in flash, behind the program, after its length in bytes. Results go to the first
 * serial port as lines of hexadecimal digits; other lines are messages, the last one the status. */
#include "bare_metal/semihosting.h"

#include "transport.h"

enum { LINE = 32, EXIT_FAULT = 125 };

/* Registers of an ATmega328P or ATmega2560, by their addresses in memory. */
#define UCSR0B (*(volatile uint8_t *)0xC1)
#define UBRR0 (*(volatile uint16_t *)0xC4)
#define UDR0 (*(volatile uint8_t *)0xC6)
#define SMCR (*(volatile uint8_t *)0x53)

enum { TRANSMIT = 1 << 3, SLEEP = 1 << 0 };

/* A character takes 160 cycles. simavr puts its process to sleep when it is asked whether the last
 * one is gone; therefore this waits for longer, three cycles at a time. */
static void put(char character) {
    uint8_t left = 70;
    UBRR0 = 0;
    UCSR0B = TRANSMIT;
    UDR0 = (uint8_t)character;
    __asm__ volatile("1: dec %0\n\t"
                     "brne 1b"
                     : "+r"(left));
}

static void put_byte(uint8_t byte) {
    const uint8_t digits[2] = {byte >> 4, byte & 15};
    for (uint8_t i = 0; i < 2; i++) {
        put((char)(digits[i] < 10 ? '0' + digits[i] : 'a' + digits[i] - 10));
    }
}

void semihosting_print(const char *text) {
    for (; *text != '\0'; text++) {
        put(*text);
    }
}

/* simavr ends when the core sleeps while interrupts are disabled. */
void semihosting_exit(int code) {
    semihosting_print("\nstatus ");
    put_byte((uint8_t)code);
    put('\n');
    for (;;) {
        SMCR = SLEEP;
        __asm__ volatile("cli\n\tsleep");
    }
}

/* Nothing faults when the stack leaves its reserve, so every use of the transport asks whether the
 * last word of the reserve was written. */
static void check_stack(void) {
    extern uint32_t integrad_stack_limit[], integrad_stack_top[];
    const uint16_t reserve = (uint16_t)integrad_stack_top - (uint16_t)integrad_stack_limit;
    if (integrad_stack_peak() == reserve) {
        semihosting_print("\nfault: stack overflow\n");
        semihosting_exit(EXIT_FAULT);
    }
}

/* A byte of flash, of which a pointer reaches only the first 64 KB. */
static uint8_t flash_byte(uint32_t address) {
    uint8_t byte;
    __asm__ volatile("movw r30, %A1\n\t"
                     "out 0x3b, %C1\n\t" /* RAMPZ */
                     "elpm %0, Z\n\t"
                     "out 0x3b, __zero_reg__"
                     : "=r"(byte)
                     : "r"(address)
                     : "r30", "r31");
    return byte;
}

/* Where the session is: an address of the linker script. */
static uint32_t session_address(void) {
    uint32_t address;
    __asm__("ldi %A0, lo8(integrad_session)\n\t"
            "ldi %B0, hi8(integrad_session)\n\t"
            "ldi %C0, hh8(integrad_session)\n\t"
            "clr %D0"
            : "=d"(address));
    return address;
}

int integrad_read(void *bytes, size_t count) {
    static uint32_t next, end;
    uint8_t *byte = bytes;
    check_stack();
    if (next == 0) {
        uint32_t size = 0;
        next = session_address();
        for (unsigned shift = 0; shift < 32; shift += 8) {
            size |= (uint32_t)flash_byte(next++) << shift;
        }
        end = next + size;
    }
    for (; count > 0; count--) {
        if (next == end) {
            return INTEGRAD_TRANSPORT_SHORT;
        }
        *byte++ = flash_byte(next++);
    }
    return 0;
}

int integrad_write(const void *bytes, size_t count) {
    static uint8_t column;
    const uint8_t *byte = bytes;
    check_stack();
    for (; count > 0; count--) {
        put_byte(*byte++);
        if (++column == LINE) {
            put('\n');
            column = 0;
        }
    }
    return 0;
}
