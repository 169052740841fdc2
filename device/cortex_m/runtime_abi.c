/* Helpers of the Arm run-time ABI for compilers that come without them (clang, zig).
 *
 * "Run-time ABI for the Arm Architecture", §4.2 and §4.3. gcc uses those of libgcc and does not
 * link these. Division by zero gives quotient 0 and the dividend as remainder.
 */
#include "../bare_metal/divide64.h"

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

/* Subtracts the denominator's multiples from the highest that fits downwards: as many steps as the
 * quotient has bits. */
static inline uint32_t divide32(uint32_t numerator, uint32_t denominator, uint32_t *remainder) {
    uint32_t quotient = 0;
    uint32_t bit = 1;
    *remainder = numerator;
    if (denominator == 0) {
        return 0;
    }
    for (; denominator <= numerator >> 4; denominator <<= 4) {
        bit <<= 4;
    }
    for (; denominator <= numerator >> 1; denominator <<= 1) {
        bit <<= 1;
    }
    for (; bit != 0; bit >>= 1, denominator >>= 1) {
        if (*remainder >= denominator) {
            *remainder -= denominator;
            quotient |= bit;
        }
    }
    return quotient;
}

static uint32_t magnitude32(int32_t value) {
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

/* Quotient in r0 and remainder in r1, like the two halves of a 64-bit result. */
static uint64_t pair(uint32_t quotient, uint32_t remainder) {
    return (uint64_t)remainder << 32 | quotient;
}

uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator);
uint64_t __aeabi_uidivmod(uint32_t numerator, uint32_t denominator) {
    uint32_t remainder;
    uint32_t quotient = divide32(numerator, denominator, &remainder);
    return pair(quotient, remainder);
}

uint32_t __aeabi_uidiv(uint32_t numerator, uint32_t denominator);
uint32_t __aeabi_uidiv(uint32_t numerator, uint32_t denominator) {
    uint32_t remainder;
    return divide32(numerator, denominator, &remainder);
}

uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator);
uint64_t __aeabi_idivmod(int32_t numerator, int32_t denominator) {
    uint32_t remainder;
    uint32_t quotient = divide32(magnitude32(numerator), magnitude32(denominator), &remainder);
    return pair((numerator ^ denominator) < 0 ? 0u - quotient : quotient,
                numerator < 0 ? 0u - remainder : remainder);
}

uint32_t __aeabi_idiv(int32_t numerator, int32_t denominator);
uint32_t __aeabi_idiv(int32_t numerator, int32_t denominator) {
    uint32_t remainder;
    uint32_t quotient = divide32(magnitude32(numerator), magnitude32(denominator), &remainder);
    return (numerator ^ denominator) < 0 ? 0u - quotient : quotient;
}

/* result[0] becomes the quotient, result[1] the remainder. */
void integrad_divide_unsigned(uint64_t numerator, uint64_t denominator, uint64_t result[2]);
__attribute__((used)) void integrad_divide_unsigned(uint64_t numerator, uint64_t denominator,
                                                    uint64_t result[2]) {
    result[0] = divide64(numerator, denominator, &result[1]);
}

void integrad_divide_signed(int64_t numerator, int64_t denominator, uint64_t result[2]);
__attribute__((used)) void integrad_divide_signed(int64_t numerator, int64_t denominator,
                                                  uint64_t result[2]) {
    uint64_t remainder;
    uint64_t quotient = divide64(magnitude64(numerator), magnitude64(denominator), &remainder);
    result[0] = (numerator ^ denominator) < 0 ? 0u - quotient : quotient;
    result[1] = numerator < 0 ? 0u - remainder : remainder;
}

/* Numerator in r0-r1, denominator in r2-r3; quotient to r0-r1, remainder to r2-r3: C cannot return
 * this, so the results are passed on the stack. */
#define CALL_AND_LOAD(function)                                                                    \
    __asm__ volatile("push {r4, lr}\n\t"                                                           \
                     "sub sp, #24\n\t"                                                             \
                     "add r4, sp, #8\n\t"                                                          \
                     "str r4, [sp]\n\t"                                                            \
                     "bl " function "\n\t"                                                         \
                     "ldr r0, [sp, #8]\n\t"                                                        \
                     "ldr r1, [sp, #12]\n\t"                                                       \
                     "ldr r2, [sp, #16]\n\t"                                                       \
                     "ldr r3, [sp, #20]\n\t"                                                       \
                     "add sp, #24\n\t"                                                             \
                     "pop {r4, pc}")

void __aeabi_uldivmod(void);
__attribute__((naked)) void __aeabi_uldivmod(void) {
    CALL_AND_LOAD("integrad_divide_unsigned");
}

void __aeabi_ldivmod(void);
__attribute__((naked)) void __aeabi_ldivmod(void) {
    CALL_AND_LOAD("integrad_divide_signed");
}

/* Low 64 bits of a product, from products of 16-bit halves: no core without a 64-bit multiply has
 * anything wider than 32 × 32 → 32. */
uint64_t __aeabi_lmul(uint64_t a, uint64_t b);
uint64_t __aeabi_lmul(uint64_t a, uint64_t b) {
    uint32_t a_low = (uint32_t)a & 0xFFFFu, a_high = (uint32_t)a >> 16;
    uint32_t b_low = (uint32_t)b & 0xFFFFu, b_high = (uint32_t)b >> 16;
    uint32_t low = a_low * b_low;
    uint32_t middle = a_high * b_low + (low >> 16);
    uint32_t cross = a_low * b_high + (middle & 0xFFFFu);
    uint32_t high = a_high * b_high + (middle >> 16) + (cross >> 16);
    high += (uint32_t)a * (uint32_t)(b >> 32) + (uint32_t)(a >> 32) * (uint32_t)b;
    return (uint64_t)high << 32 | (cross << 16 | (low & 0xFFFFu));
}

/* Shifts by 0 to 63 places, from shifts of the two halves. */
uint64_t __aeabi_llsl(uint64_t value, int32_t places);
uint64_t __aeabi_llsl(uint64_t value, int32_t places) {
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    if (places >= 32) {
        return (uint64_t)(low << (places - 32)) << 32;
    }
    if (places == 0) {
        return value;
    }
    return (uint64_t)(high << places | low >> (32 - places)) << 32 | low << places;
}

uint64_t __aeabi_llsr(uint64_t value, int32_t places);
uint64_t __aeabi_llsr(uint64_t value, int32_t places) {
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    if (places >= 32) {
        return high >> (places - 32);
    }
    if (places == 0) {
        return value;
    }
    return (uint64_t)(high >> places) << 32 | (high << (32 - places) | low >> places);
}

/* The complement of a negative value shifts in zeros, as a positive one does. */
uint64_t __aeabi_lasr(int64_t value, int32_t places);
uint64_t __aeabi_lasr(int64_t value, int32_t places) {
    uint64_t bits = (uint64_t)value;
    return value < 0 ? ~__aeabi_llsr(~bits, places) : __aeabi_llsr(bits, places);
}

/* The alignment that the 4 and 8 promise is found out again by the plain functions. */
#define COPY(name)                                                                                 \
    void name(void *to, const void *from, size_t count);                                           \
    void name(void *to, const void *from, size_t count) {                                          \
        (void)memcpy(to, from, count);                                                             \
    }
#define MOVE(name)                                                                                 \
    void name(void *to, const void *from, size_t count);                                           \
    void name(void *to, const void *from, size_t count) {                                          \
        (void)memmove(to, from, count);                                                            \
    }
#define FILL(name)                                                                                 \
    void name(void *to, size_t count, int value);                                                  \
    void name(void *to, size_t count, int value) {                                                 \
        (void)memset(to, value, count);                                                            \
    }
#define CLEAR(name)                                                                                \
    void name(void *to, size_t count);                                                             \
    void name(void *to, size_t count) {                                                            \
        (void)memset(to, 0, count);                                                                \
    }

COPY(__aeabi_memcpy)
COPY(__aeabi_memcpy4)
COPY(__aeabi_memcpy8)
MOVE(__aeabi_memmove)
MOVE(__aeabi_memmove4)
MOVE(__aeabi_memmove8)
FILL(__aeabi_memset)
FILL(__aeabi_memset4)
FILL(__aeabi_memset8)
CLEAR(__aeabi_memclr)
CLEAR(__aeabi_memclr4)
CLEAR(__aeabi_memclr8)
