/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weight store in the flash chip of an RP2040 or RP2350.
 *
 * The program runs from this very chip, so nothing of it can run while the chip is changed: the
 * functions of the boot ROM do it, called from RAM, with interrupts off. Reception continues in the
 * 32 bytes that the UART keeps, and bytes beyond them are lost: the protocol repeats them.
 */
#include "flash.h"
#include "interrupts.h"

#define FLASH_BEGIN 0x10000000u /* where the chip appears to the program */

enum { PAGE_BYTES = 256, SECTOR_BYTES = 4096, COMMAND_ERASE_64_KB = 0xD8, BLOCK_64_KB = 65536 };

typedef void (*rom_function)(void);
typedef void (*rom_erase)(uint32_t offset, size_t count, uint32_t block_size, uint8_t command);
typedef void (*rom_program)(uint32_t offset, const uint8_t *bytes, size_t count);

typedef struct {
    rom_function connect_internal_flash, flash_exit_xip, flash_flush_cache, flash_enter_cmd_xip;
    rom_erase flash_range_erase;
    rom_program flash_range_program;
} rom_functions;

/* An address in the boot ROM, hidden from the compiler: it takes addresses near 0 for errors. */
static const volatile void *in_rom(uint32_t address) {
    __asm__("" : "+r"(address));
    return (const volatile void *)(uintptr_t)address;
}

/* Well-known addresses hold 16-bit pointers. */
static uint32_t rom_pointer(uint32_t address) {
    return *(const volatile uint16_t *)in_rom(address);
}

/* The address of a function that has a name of two letters, or 0. */
static __attribute__((noinline)) uintptr_t rom_lookup(char first, char second) {
    const uint32_t name = (uint32_t)(uint8_t)second << 8 | (uint8_t)first;
    const uint8_t generation = *(const volatile uint8_t *)in_rom(0x12);
#if BOARD_CHIP == 2040
    /* A table of names and pointers, 16 bits each, that ends with 0. */
    if (generation != 1) {
        return 0;
    }
    const volatile uint16_t *entry = in_rom(rom_pointer(0x14));
    for (; entry[0] != 0; entry += 2) {
        if (entry[0] == name) {
            return entry[1];
        }
    }
    return 0;
#else
    /* The ROM looks it up itself, for one kind of caller: RISC-V code, or Arm code in the secure
     * state. For RISC-V, the entry of the table is itself the jump to the function. */
    typedef uintptr_t (*rom_table_lookup)(uint32_t name, uint32_t kind);
#if defined(__riscv)
    const uint32_t lookup_pointer = 0x7DFA, kind = 1;
#else
    const uint32_t lookup_pointer = 0x16, kind = 4;
#endif
    if (generation != 2) {
        return 0;
    }
    return ((rom_table_lookup)(uintptr_t)rom_pointer(lookup_pointer))(name, kind);
#endif
}

/* Whether the boot ROM has them all. */
static bool find_functions(rom_functions *rom) {
    rom->connect_internal_flash = (rom_function)rom_lookup('I', 'F');
    rom->flash_exit_xip = (rom_function)rom_lookup('E', 'X');
    rom->flash_range_erase = (rom_erase)rom_lookup('R', 'E');
    rom->flash_range_program = (rom_program)rom_lookup('R', 'P');
    rom->flash_flush_cache = (rom_function)rom_lookup('F', 'C');
    rom->flash_enter_cmd_xip = (rom_function)rom_lookup('C', 'X');
    return rom->connect_internal_flash && rom->flash_exit_xip && rom->flash_range_erase &&
           rom->flash_range_program && rom->flash_flush_cache && rom->flash_enter_cmd_xip;
}

/* Erases `count` bytes at `offset` of the chip, or programs them if there are `bytes`. */
RUNS_FROM_RAM static void change_flash(const rom_functions *rom, uint32_t offset,
                                       const uint8_t *bytes, size_t count) {
    const uint32_t before = mask_interrupts();
    rom->connect_internal_flash();
    rom->flash_exit_xip();
    if (bytes != NULL) {
        rom->flash_range_program(offset, bytes, count);
    } else {
        rom->flash_range_erase(offset, count, BLOCK_64_KB, COMMAND_ERASE_64_KB);
    }
    rom->flash_flush_cache();
    rom->flash_enter_cmd_xip();
    unmask_interrupts(before);
}

static uint32_t offset_of(uint32_t address) {
    return (uint32_t)(uintptr_t)integrad_board_store_begin - FLASH_BEGIN + address;
}

/* The ROM reads the bytes while the chip is not readable, so they are copied to RAM first. */
int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    static uint8_t page[PAGE_BYTES];
    const uint8_t *from = bytes;
    rom_functions rom;
    (void)context;
    if (!find_functions(&rom)) {
        return -1;
    }
    for (uint32_t done = 0; done < count; done += PAGE_BYTES) {
        for (uint32_t i = 0; i < PAGE_BYTES; i++) {
            page[i] = from[done + i];
        }
        change_flash(&rom, offset_of(address + done), page, PAGE_BYTES);
    }
    return 0;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    rom_functions rom;
    (void)context;
    if (!find_functions(&rom)) {
        return -1;
    }
    for (uint32_t done = 0; done < count; done += SECTOR_BYTES) {
        change_flash(&rom, offset_of(address + done), NULL, SECTOR_BYTES);
    }
    return 0;
}
