/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit tests in C, for a core without files, heap or floating point.
 *
 *     #include "filter.h"
 *     #include "integrad_test.h"
 *
 *     INTEGRAD_TEST(clips_at_the_top) {
 *         EXPECT_EQUAL(clip(200), 127);
 *     }
 *
 *     INTEGRAD_TESTS(clips_at_the_top)
 *
 * One file is one program: INTEGRAD_TESTS lists its cases in their order, and defines main. The
 * program reports each case in the Test Anything Protocol (TAP): through the serial port of board.h
 * if that is linked, otherwise through semihosting. What a case prints precedes its result. A
 * failed EXPECT does not end a case, a failed ASSERT does.
 */
#ifndef INTEGRAD_TEST_H
#define INTEGRAD_TEST_H

#include <stddef.h>
#include <stdint.h>

/* Whichever of these is linked; the addresses of the others are null. */
__attribute__((weak)) void semihosting_print(const char *text);
__attribute__((weak)) void integrad_board_start(void);
__attribute__((weak)) void integrad_board_send(const void *bytes, size_t count);

/* A case: a function without arguments. */
#define INTEGRAD_TEST(name)                                                                        \
    static void name##_case(void);                                                                 \
    static const integrad_test_case name[1] = {{#name, name##_case}};                              \
    static void name##_case(void)

/* The cases, and the program that runs them. Its exit status is 1 if one of them fails. The table
 * is also read by the plugin; without `volatile`, a compiler may do without the table. */
#define INTEGRAD_TESTS(...)                                                                        \
    static const integrad_test_case *const integrad_test_cases[] = {__VA_ARGS__};                  \
    int main(void);                                                                                \
    int main(void) {                                                                               \
        const integrad_test_case *const *volatile table = integrad_test_cases;                     \
        enum { COUNT = sizeof integrad_test_cases / sizeof integrad_test_cases[0] };               \
        return integrad_test_run(table, COUNT);                                                    \
    }

/* The condition holds. */
#define EXPECT(condition)                                                                          \
    integrad_test_condition((condition) ? 1 : 0, INTEGRAD_TEST_PLACE("EXPECT(" #condition ")"))

/* As EXPECT; if the condition does not hold, the case ends here. To be used in a case itself. */
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!integrad_test_condition((condition) ? 1 : 0,                                          \
                                     INTEGRAD_TEST_PLACE("ASSERT(" #condition ")"))) {             \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Two integers are the same number: (uint8_t)255 is not -1. Of a uint64_t, numbers from 2^63 on
 * count as negative. Other types do not compile. */
#define EXPECT_EQUAL(actual, expected)                                                             \
    integrad_test_numbers((int64_t)((actual) | 0), (int64_t)((expected) | 0), 0,                   \
                          INTEGRAD_TEST_PLACE("EXPECT_EQUAL(" #actual ", " #expected ")"))

/* Two integers differ by at most `within`. */
#define EXPECT_NEAR(actual, expected, within)                                                      \
    integrad_test_numbers(                                                                         \
        (int64_t)((actual) | 0), (int64_t)((expected) | 0), (uint32_t)(within),                    \
        INTEGRAD_TEST_PLACE("EXPECT_NEAR(" #actual ", " #expected ", " #within ")"))

/* `count` bytes are equal. */
#define EXPECT_BYTES(actual, expected, count)                                                      \
    integrad_test_bytes(                                                                           \
        actual, expected, count,                                                                   \
        INTEGRAD_TEST_PLACE("EXPECT_BYTES(" #actual ", " #expected ", " #count ")"))

/* Two texts that end in a zero are equal. */
#define EXPECT_TEXT(actual, expected)                                                              \
    integrad_test_texts(actual, expected,                                                          \
                        INTEGRAD_TEST_PLACE("EXPECT_TEXT(" #actual ", " #expected ")"))

/* Ends the case, which counts as skipped, not as passed. To be used in a case itself. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        integrad_test_now.skipped = (reason);                                                      \
        return;                                                                                    \
    } while (0)

#define INTEGRAD_TEST_PLACE(text) __FILE__, (uint32_t)__LINE__, text

/* A program uses some of these functions only. They are not inlined into the cases. */
#define INTEGRAD_TEST_FUNCTION __attribute__((unused, noinline)) static

enum { INTEGRAD_TEST_SHOWN = 8 }; /* failures of a case; the others are only counted */

typedef struct {
    const char *name;
    void (*run)(void);
} integrad_test_case;

/* The number of the only case to run. The pytest plugin changes it in the linked program. */
#define INTEGRAD_TEST_ALL 0xFFFFu
static volatile uint16_t integrad_test_only = INTEGRAD_TEST_ALL;

static struct {
    uint32_t failures;
    const char *skipped; /* the reason, or null */
} integrad_test_now;

INTEGRAD_TEST_FUNCTION void integrad_test_print(const char *text) {
    if (integrad_board_send != 0) {
        for (; *text != '\0'; text++) {
            integrad_board_send(text, 1);
        }
    } else if (semihosting_print != 0) {
        semihosting_print(text);
    }
}

/* By doubling decimal digits: no division, which some compilers bring for 32 bits only. */
INTEGRAD_TEST_FUNCTION void integrad_test_print_number(int64_t number) {
    enum { DIGITS = 20 };
    char text[DIGITS + 2];
    uint8_t digits[DIGITS] = {0}; /* the last one first */
    uint64_t bits = number < 0 ? 0u - (uint64_t)number : (uint64_t)number;
    for (uint8_t left = 64; left > 0; left--) {
        uint8_t carry = (uint8_t)(bits >> 63);
        for (uint8_t i = 0; i < DIGITS; i++) {
            uint8_t doubled = (uint8_t)(2u * digits[i] + carry);
            carry = doubled >= 10;
            digits[i] = (uint8_t)(carry ? doubled - 10 : doubled);
        }
        bits <<= 1;
    }
    uint8_t count = DIGITS, length = 0;
    while (count > 1 && digits[count - 1] == 0) {
        count--;
    }
    if (number < 0) {
        text[length++] = '-';
    }
    while (count > 0) {
        text[length++] = (char)('0' + digits[--count]);
    }
    text[length] = '\0';
    integrad_test_print(text);
}

/* Begins the message about a failure, unless there were many of them. Returns whether it did. */
INTEGRAD_TEST_FUNCTION int integrad_test_fail(const char *file, uint32_t line, const char *text) {
    if (++integrad_test_now.failures > INTEGRAD_TEST_SHOWN) {
        return 0;
    }
    integrad_test_print("# ");
    integrad_test_print(file);
    integrad_test_print(":");
    integrad_test_print_number((int64_t)line);
    integrad_test_print(": ");
    integrad_test_print(text);
    return 1;
}

INTEGRAD_TEST_FUNCTION int integrad_test_condition(int holds, const char *file, uint32_t line,
                                                   const char *text) {
    if (!holds && integrad_test_fail(file, line, text)) {
        integrad_test_print(": it is false\n");
    }
    return holds;
}

INTEGRAD_TEST_FUNCTION void integrad_test_numbers(int64_t actual, int64_t expected, uint32_t within,
                                                  const char *file, uint32_t line,
                                                  const char *text) {
    /* A difference of two values of 64 bits takes 64 bits without a sign. */
    uint64_t distance = actual > expected ? (uint64_t)actual - (uint64_t)expected
                                          : (uint64_t)expected - (uint64_t)actual;
    if (distance > within && integrad_test_fail(file, line, text)) {
        integrad_test_print(": ");
        integrad_test_print_number(actual);
        integrad_test_print(within > 0 ? ", expected about " : ", expected ");
        integrad_test_print_number(expected);
        integrad_test_print("\n");
    }
}

INTEGRAD_TEST_FUNCTION void integrad_test_bytes(const void *actual, const void *expected,
                                                size_t count, const char *file, uint32_t line,
                                                const char *text) {
    const uint8_t *one = actual, *two = expected;
    size_t i = 0;
    while (i < count && one[i] == two[i]) {
        i++;
    }
    if (i < count && integrad_test_fail(file, line, text)) {
        integrad_test_print(": byte ");
        integrad_test_print_number((int64_t)i);
        integrad_test_print(" is ");
        integrad_test_print_number(one[i]);
        integrad_test_print(", expected ");
        integrad_test_print_number(two[i]);
        integrad_test_print("\n");
    }
}

INTEGRAD_TEST_FUNCTION void integrad_test_texts(const char *actual, const char *expected,
                                                const char *file, uint32_t line, const char *text) {
    size_t i = 0;
    while (actual[i] != '\0' && actual[i] == expected[i]) {
        i++;
    }
    if (actual[i] != expected[i] && integrad_test_fail(file, line, text)) {
        integrad_test_print(": \"");
        integrad_test_print(actual);
        integrad_test_print("\", expected \"");
        integrad_test_print(expected);
        integrad_test_print("\"\n");
    }
}

INTEGRAD_TEST_FUNCTION void integrad_test_report(uint16_t number, const char *name) {
    if (integrad_test_now.failures > INTEGRAD_TEST_SHOWN) {
        integrad_test_print("# and ");
        integrad_test_print_number((int64_t)integrad_test_now.failures - INTEGRAD_TEST_SHOWN);
        integrad_test_print(" further failures\n");
    }
    integrad_test_print(integrad_test_now.failures > 0 ? "not ok " : "ok ");
    integrad_test_print_number(number);
    integrad_test_print(" - ");
    integrad_test_print(name);
    if (integrad_test_now.failures == 0 && integrad_test_now.skipped != 0) {
        integrad_test_print(" # SKIP ");
        integrad_test_print(integrad_test_now.skipped);
    }
    integrad_test_print("\n");
}

INTEGRAD_TEST_FUNCTION int integrad_test_run(const integrad_test_case *const *cases,
                                             uint16_t count) {
    int status = 0;
    if (integrad_board_start != 0) {
        integrad_board_start();
    }
    integrad_test_print("TAP version 13\n1..");
    integrad_test_print_number(count);
    integrad_test_print("\n");
    for (uint16_t number = 1; number <= count; number++) {
        const integrad_test_case *now = cases[number - 1];
        if (integrad_test_only != INTEGRAD_TEST_ALL && integrad_test_only != number) {
            continue;
        }
        integrad_test_now.failures = 0;
        integrad_test_now.skipped = 0;
        now->run();
        integrad_test_report(number, now->name);
        status |= integrad_test_now.failures > 0;
    }
    return status;
}

#endif
