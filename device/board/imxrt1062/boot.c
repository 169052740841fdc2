/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot ROM of an i.MX RT1062 looks for at the beginning of its flash chip: how to read the
 * chip, and where the program begins. The program runs from the chip, so that nothing is copied.
 */
#include "flexspi.h"

extern uint32_t integrad_stack_top[];
void integrad_reset(void);
void integrad_boot_entry(void) __attribute__((naked, used));

/* The address of this symbol of the linker script is the size of the program. */
extern const uint8_t integrad_image_bytes[];

enum {
    CONFIGURATION_WORDS = 512 / 4,
    VECTOR_TABLE_AT = 0x1000 / 4, /* IVT */
    BOOT_DATA_AT = 0x1020 / 4,
    WORDS = 0x2000 / 4, /* BOOT_BYTES of the linker script */
};

/* Words of the configuration block by their offset. */
enum {
    TAG = 0x00 / 4,
    VERSION = 0x04 / 4,
    CHIP_SELECT_AND_CLOCK_SOURCE = 0x0C / 4,
    DEVICE = 0x44 / 4,
    SIZE = 0x50 / 4,
    LOOKUP_TABLE = 0x80 / 4,
    PAGE_SIZE = 0x1C0 / 4,
    SECTOR_SIZE = 0x1C4 / 4,
    COMMAND_CLOCK = 0x1C8 / 4,
    BLOCK_SIZE = 0x1D0 / 4
};

typedef union {
    uint32_t number;
    const void *address;
    void (*function)(void);
} word;

extern const word integrad_boot[WORDS];
const word integrad_boot[WORDS] __attribute__((section(".boot2"), used)) = {
    [TAG] = {.number = 0x42464346u}, /* "FCFB" */
    [VERSION] = {.number = 0x56010000u},
    /* Hold and setup of 3 cycles, sampled with the clock that comes back from the pad DQS. */
    [CHIP_SELECT_AND_CLOCK_SOURCE] = {.number = 0x00030301u},
    /* A serial NOR flash at 30 MHz, four pads. */
    [DEVICE] = {.number = 0x00010401u},
    [SIZE] = {.number = FLASH_BYTES},
    /* Fast read, quad I/O: command EBh, 24 bits of address, mode, 4 dummy cycles, data. */
    [LOOKUP_TABLE] = {.number = PAIR(INSTRUCTION(COMMAND, ONE_PAD, 0xEBu),
                                     INSTRUCTION(ADDRESS, FOUR_PADS, 24u))},
    [LOOKUP_TABLE + 1] = {.number = PAIR(INSTRUCTION(MODE, FOUR_PADS, 0x00u),
                                         INSTRUCTION(DUMMY, FOUR_PADS, 4u))},
    [LOOKUP_TABLE + 2] = {.number = INSTRUCTION(READ, FOUR_PADS, 4u)}, /* then STOP */
    [PAGE_SIZE] = {.number = 256},
    [SECTOR_SIZE] = {.number = 4096},
    [COMMAND_CLOCK] = {.number = 1}, /* 30 MHz */
    [BLOCK_SIZE] = {.number = 65536},

    [VECTOR_TABLE_AT] = {.number = 0x432000D1u}, /* tag, length, version */
    [VECTOR_TABLE_AT + 1] = {.function = integrad_boot_entry},
    [VECTOR_TABLE_AT + 4] = {.address = &integrad_boot[BOOT_DATA_AT]},
    [VECTOR_TABLE_AT + 5] = {.address = &integrad_boot[VECTOR_TABLE_AT]},

    [BOOT_DATA_AT] = {.number = FLASH_START},
    /* The boot loader erases as much as this says: the weight store must lie behind it. */
    [BOOT_DATA_AT + 1] = {.address = integrad_image_bytes},
};

/* The ROM leaves its own stack. */
void integrad_boot_entry(void) {
    __asm__ volatile("ldr r0, =integrad_stack_top\n\t"
                     "mov sp, r0\n\t"
                     "ldr r0, =integrad_reset\n\t"
                     "bx r0\n\t"
                     ".ltorg");
}
