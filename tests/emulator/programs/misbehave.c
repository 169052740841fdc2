/* Does what the first byte of the session asks for. */
#include "bare_metal/semihosting.h"
#include "transport.h"

static volatile uint32_t depth;

/* Never ends in practice; the addition after the call keeps it from becoming a loop. */
static uint32_t recurse(uint32_t level) {
    volatile uint8_t frame[256];
    frame[level % sizeof frame] = (uint8_t)level;
    depth = level;
    if (level == UINT32_MAX) {
        return 0;
    }
    uint32_t below = recurse(level + 1);
    return below + frame[(level + below) % sizeof frame];
}

static void run_undefined_instruction(void) {
#if defined(__riscv)
    __asm__ volatile(".insn i 0x0b, 0, x0, x0, 0");
#else
    __asm__ volatile("udf #1");
#endif
}

static int write_far_away(void) {
    *(volatile uint32_t *)0x18000000u = 1;
    return *(volatile uint32_t *)0x18000004u == 1;
}

static void jump_far_away(void) {
    void (*volatile target)(void) = (void (*)(void))0x18000001u;
    target();
}

int main(void) {
    uint8_t what[2];
    if (integrad_read(what, sizeof what) != 0) {
        return 1;
    }
    switch (what[0]) {
    case 'u':
        run_undefined_instruction();
        break;
    case 'w':
        return write_far_away();
    case 'j':
        jump_far_away();
        break;
    case 's':
        return (int)recurse(0);
    case 'h':
        for (;;) {
            depth++;
        }
    case 'r':
        return integrad_read(what, 1) == INTEGRAD_TRANSPORT_SHORT ? 77 : 0;
    case 'f':
        semihosting_print("\nfault: of nobody\n");
        break;
    case 'b':
        semihosting_print((const char *)0x18000000u);
        break;
    default:
        break;
    }
    return what[1];
}
