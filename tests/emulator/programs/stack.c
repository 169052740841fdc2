/* Descends as deep as the session asks for; writes the stack peak before and after. */
#include "transport.h"

static uint32_t descend(uint32_t levels) {
    volatile uint8_t frame[64];
    frame[levels % sizeof frame] = 1;
    if (levels == 0) {
        return frame[0];
    }
    uint32_t below = descend(levels - 1);
    return below + frame[levels % sizeof frame];
}

int main(void) {
    uint32_t levels;
    if (integrad_read(&levels, sizeof levels) != 0) {
        return 1;
    }
    uint32_t before = integrad_stack_peak();
    uint32_t sum = descend(levels);
    uint32_t result[3] = {before, integrad_stack_peak(), sum};
    return integrad_write(result, sizeof result) == 0 ? 0 : 2;
}
