/* Divides, multiplies and shifts 32- and 64-bit numbers from the session: the helpers that cores
 * without such instructions call. */
#include "transport.h"

typedef struct {
    int64_t a, b;
} operands;

typedef struct {
    int64_t quotient, remainder, product, left, right;
    uint64_t unsigned_quotient, unsigned_remainder, logical;
    int32_t quotient32, remainder32;
    uint32_t unsigned_quotient32, unsigned_remainder32;
} results;

int main(void) {
    uint32_t count;
    if (integrad_read(&count, sizeof count) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        operands in;
        if (integrad_read(&in, sizeof in) != 0) {
            return 2;
        }
        uint64_t ua = (uint64_t)in.a, ub = (uint64_t)in.b;
        uint32_t places = (uint32_t)(ub & 63u);
        int32_t a32 = (int32_t)(in.a >> 33), b32 = (int32_t)(in.b >> 33);
        uint32_t ua32 = (uint32_t)ua, ub32 = (uint32_t)ub;
        b32 = b32 == 0 ? 1 : b32;
        ub32 = ub32 == 0 ? 1 : ub32;
        results out = {
            .quotient = in.a / in.b,
            .remainder = in.a % in.b,
            .product = (int64_t)(ua * ub),
            .left = (int64_t)(ua << places),
            .right = in.a >> places,
            .unsigned_quotient = ua / ub,
            .unsigned_remainder = ua % ub,
            .logical = ua >> places,
            .quotient32 = a32 / b32,
            .remainder32 = a32 % b32,
            .unsigned_quotient32 = ua32 / ub32,
            .unsigned_remainder32 = ua32 % ub32,
        };
        if (integrad_write(&out, sizeof out) != 0) {
            return 3;
        }
    }
    return 0;
}
