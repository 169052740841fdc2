/* 20 regions with copies, divisions and 64-bit sums: run-time helpers and instructions of many
 * kinds. */
#include "region.h"
#include "transport.h"

typedef struct {
    int64_t sum;
    int32_t quotient;
    uint8_t bytes[24];
} record;

static record work(const uint8_t *bytes, uint32_t round) {
    record result = {.sum = 0, .quotient = 1};
    for (uint32_t i = 0; i < 64; i++) {
        int32_t value = (int32_t)bytes[i] - 30;
        result.sum += (int64_t)value * value * (int32_t)(round + 1);
        result.quotient += (value * 1000) / (int32_t)(round + 3);
        result.bytes[(i + round) % sizeof result.bytes] ^= bytes[i];
    }
    result.sum /= (int64_t)round + 5;
    return result;
}

int main(void) {
    static uint8_t bytes[64];
    static record records[20];
    if (integrad_read(bytes, sizeof bytes) != 0) {
        return 1;
    }
    for (uint32_t round = 0; round < 20; round++) {
        integrad_region_begin();
        records[round] = work(bytes, round);
        integrad_region_end();
    }
    return integrad_write(records, sizeof records) == 0 ? 0 : 2;
}
