/* The transport of a program on an ATmega2560 in simavr: the session is in flash, and what is
 * written goes to the first serial port, as hexadecimal digits in lines of 32 bytes. */
#include "transport.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <util/delay_basic.h>

enum { LINE = 32 };

/* A character takes 160 cycles. Instead of asking whether the last one is gone, at which simavr
 * puts its process to sleep, this waits for longer. */
static void put(char character) {
    UDR0 = (uint8_t)character;
    _delay_loop_1(70);
}

static void put_digit(uint8_t digit) {
    put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
}

int integrad_read(void *bytes, size_t count) {
    static uint32_t at = SESSION_ADDRESS;
    uint8_t *byte = bytes;
    for (; count > 0; count--) {
        *byte++ = pgm_read_byte_far(at++);
    }
    return 0;
}

int integrad_write(const void *bytes, size_t count) {
    static uint8_t column;
    const uint8_t *byte = bytes;
    UBRR0 = 0;
    UCSR0B = 1 << TXEN0;
    for (; count > 0; count--, byte++) {
        put_digit(*byte >> 4);
        put_digit(*byte & 15);
        if (++column == LINE) {
            put('\n');
            column = 0;
        }
    }
    return 0;
}

uint32_t integrad_stack_peak(void) {
    return 0;
}

/* simavr ends when the core sleeps without interrupts. */
void end(void) __attribute__((destructor));
void end(void) {
    put('.');
    put('\n');
    cli();
    sleep_mode();
}
