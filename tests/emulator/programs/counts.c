/* Regions with known costs. */
#include "region.h"
#include "transport.h"

/* Three instructions, then two for each of 1000 rounds. */
static void known_loop(void) {
    integrad_region_begin();
#if defined(__riscv)
    __asm__ volatile("li t0, 1000\n\t"
                     "nop\n\t"
                     "nop\n"
                     "1:\n\t"
                     "addi t0, t0, -1\n\t"
                     "bnez t0, 1b" ::
                         : "t0");
#else
    __asm__ volatile(".syntax unified\n\t"
                     "movs r3, #250\n\t"
                     "lsls r3, r3, #2\n\t"
                     "nop\n"
                     "1:\n\t"
                     "subs r3, #1\n\t"
                     "bne 1b" ::
                         : "r3", "cc");
#endif
    integrad_region_end();
}

/* Seven instructions; the address is in a register before. */
static void known_classes(uint32_t *words) {
#if defined(__riscv)
    __asm__ volatile("" : "+r"(words));
    integrad_region_begin();
    __asm__ volatile("lw t0, 0(%0)\n\t"
                     "sw t0, 0(%0)\n\t"
                     "lw t1, 4(%0)\n\t"
                     "mul t0, t0, t1\n\t"
                     "divu t0, t0, t1\n\t"
                     "remu t0, t0, t1\n\t"
                     "nop" ::"r"(words)
                     : "t0", "t1", "memory");
    integrad_region_end();
#else
    __asm__ volatile("" : "+l"(words));
    integrad_region_begin();
    __asm__ volatile(".syntax unified\n\t"
                     "ldr r3, [%0]\n\t"
                     "str r3, [%0]\n\t"
                     "ldr r2, [%0, #4]\n\t"
                     "push {r2, r3}\n\t"
                     "pop {r2, r3}\n\t"
                     "muls r3, r2, r3\n\t"
                     "nop" ::"l"(words)
                     : "r2", "r3", "cc", "memory");
    integrad_region_end();
#endif
}

static int32_t sum(const uint8_t *bytes, uint32_t count) {
    int32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += bytes[i] & 1 ? bytes[i] : -3;
    }
    return total;
}

static int32_t scale(int32_t value, int32_t by) {
    return by == 0 ? 0 : value * 7 / by;
}

int main(void) {
    static uint8_t bytes[64];
    static uint32_t words[2] = {1, 2};
    integrad_region_begin();
    integrad_region_end();
    known_loop();
    known_classes(words);
    if (integrad_read(bytes, sizeof bytes) != 0) {
        return 1;
    }
    for (int round = 0; round < 3; round++) {
        integrad_region_begin();
        int32_t result = scale(sum(bytes, sizeof bytes), (int32_t)bytes[0] + round);
        integrad_region_end();
        if (integrad_write(&result, sizeof result) != 0) {
            return 2;
        }
    }
    return 0;
}
