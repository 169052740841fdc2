/* 20 regions of data-dependent control flow: short conditions (IT), loops, a switch, recursion. */
#include "region.h"
#include "transport.h"

static uint32_t clamp(uint32_t value) {
    return value < 20 ? 20 : value > 200 ? 200 : value;
}

static uint32_t choose(uint32_t value) {
    switch (value % 7) {
    case 0:
        return value + 1;
    case 1:
        return value * 3;
    case 2:
        return value ^ 0x55;
    case 3:
        return clamp(value);
    case 4:
        return value - 9;
    case 5:
        return ~value;
    default:
        return value >> 1;
    }
}

static uint32_t collatz(uint32_t value, uint32_t depth) {
    if (value <= 1 || depth >= 12) {
        return value;
    }
    return collatz((value & 1) ? 3 * value + 1 : value / 2, depth + 1) + 1;
}

static uint32_t mix(const uint8_t *bytes, uint32_t count, uint32_t seed) {
    uint32_t state = seed;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t value = choose(bytes[i] + state);
        largest = value > largest ? value : largest;
        if (value & 1) {
            state += collatz(value & 63, 0);
        } else {
            state ^= clamp(value);
        }
        state += (state & 4) ? 1u : 0u;
    }
    return state + largest;
}

int main(void) {
    static uint8_t bytes[64];
    if (integrad_read(bytes, sizeof bytes) != 0) {
        return 1;
    }
    for (uint32_t round = 0; round < 20; round++) {
        integrad_region_begin();
        uint32_t result = mix(bytes, sizeof bytes, round);
        integrad_region_end();
        if (integrad_write(&result, sizeof result) != 0) {
            return 2;
        }
    }
    return 0;
}
