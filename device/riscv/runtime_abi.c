/* Run-time functions for compilers that come without them (clang, zig): what the instructions of
 * the M extension do not do.
 *
 * gcc uses those of libgcc and does not link these.
 */
#include "../bare_metal/divide64.h"

uint64_t __udivdi3(uint64_t numerator, uint64_t denominator);
uint64_t __udivdi3(uint64_t numerator, uint64_t denominator) {
    uint64_t remainder;
    return divide64(numerator, denominator, &remainder);
}

uint64_t __umoddi3(uint64_t numerator, uint64_t denominator);
uint64_t __umoddi3(uint64_t numerator, uint64_t denominator) {
    uint64_t remainder;
    (void)divide64(numerator, denominator, &remainder);
    return remainder;
}

uint64_t __divdi3(int64_t numerator, int64_t denominator);
uint64_t __divdi3(int64_t numerator, int64_t denominator) {
    uint64_t remainder;
    uint64_t quotient = divide64(magnitude64(numerator), magnitude64(denominator), &remainder);
    return (numerator ^ denominator) < 0 ? 0u - quotient : quotient;
}

uint64_t __moddi3(int64_t numerator, int64_t denominator);
uint64_t __moddi3(int64_t numerator, int64_t denominator) {
    uint64_t remainder;
    (void)divide64(magnitude64(numerator), magnitude64(denominator), &remainder);
    return numerator < 0 ? 0u - remainder : remainder;
}
