/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weight store in the flash chip of a Teensy 4.1, a W25Q64JV. Written from the data sheet and
 * the reference manuals, run in an emulated core with a model of controller and chip, never tried
 * on hardware.
 *
 * The program runs from this very chip, which cannot be read while it is erased or programmed.
 * Therefore functions in RAM do it, with interrupts off, since their handlers are in flash. A
 * Cortex-M7 also reads ahead what it may never execute; it does not where the memory protection
 * unit forbids all access.
 *
 * What arrives at the serial port meanwhile is lost, but for one byte: for up to 400 ms while a
 * sector is erased. The protocol repeats it.
 */
#include "flash.h"
#include "flexspi.h"
#include "interrupts.h"

enum { PAGE_BYTES = 256, SECTOR_BYTES = 4096, CACHE_LINE_BYTES = 32 };

/* Commands of the chip. */
enum { PAGE_PROGRAM = 0x02, READ_STATUS = 0x05, WRITE_ENABLE = 0x06, SECTOR_ERASE = 0x20 };
enum { STATUS_BUSY = 1 };

/* Sequences of the look-up table, of four words each. The boot ROM has written the first one, with
 * which the chip is read like memory. */
enum { TO_ENABLE = 12, TO_LOOK = 13, TO_ERASE = 14, TO_PROGRAM = 15 };

/* How often to look. A command takes up to 0.1 ms, and a look at a register more than ten cycles at
 * 600 MHz at most; an erase takes up to 400 ms, and a command that looks at it more than 0.5 us. */
enum { LOOKS_AT_REGISTER = 1000000, LOOKS_AT_CHIP = 4000000 };

/* As wait_for, which the compiler may put into flash. */
RUNS_FROM_RAM static bool wait_in_ram(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
    for (uint32_t looks = 0; looks < LOOKS_AT_REGISTER; looks++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

/* Forbids the core to access the chip, with a region that outranks that of the stack guard, or
 * permits it again. start.c has enabled the memory protection unit. */
RUNS_FROM_RAM static void forbid_flash(bool forbidden) {
    const uint32_t region = 7, execute_never = 1u << 28, size_8_mb = 22u << 1, enable = 1u;
    __asm__ volatile("dsb" ::: "memory");
    REGISTER(0xE000ED98u) = region;
    REGISTER(0xE000ED9Cu) = FLASH_START;
    REGISTER(0xE000EDA0u) = forbidden ? execute_never | size_8_mb | enable : 0;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

RUNS_FROM_RAM static void write_sequence(uint32_t sequence, uint32_t first, uint32_t second) {
    FLEXSPI_LUT(4 * sequence) = first;
    FLEXSPI_LUT(4 * sequence + 1) = second;
    FLEXSPI_LUT(4 * sequence + 2) = 0;
    FLEXSPI_LUT(4 * sequence + 3) = 0;
}

RUNS_FROM_RAM static void write_sequences(void) {
    const uint32_t address = INSTRUCTION(ADDRESS, ONE_PAD, 24u);
    FLEXSPI_LUTKEY = LUTKEY_KEY;
    FLEXSPI_LUTCR = LUTCR_UNLOCK;
    write_sequence(TO_ENABLE, INSTRUCTION(COMMAND, ONE_PAD, WRITE_ENABLE), 0);
    write_sequence(TO_LOOK,
                   PAIR(INSTRUCTION(COMMAND, ONE_PAD, READ_STATUS), INSTRUCTION(READ, ONE_PAD, 1u)),
                   0);
    write_sequence(TO_ERASE, PAIR(INSTRUCTION(COMMAND, ONE_PAD, SECTOR_ERASE), address), 0);
    write_sequence(TO_PROGRAM, PAIR(INSTRUCTION(COMMAND, ONE_PAD, PAGE_PROGRAM), address),
                   INSTRUCTION(WRITE, ONE_PAD, 8u));
    FLEXSPI_LUTKEY = LUTKEY_KEY;
    FLEXSPI_LUTCR = LUTCR_LOCK;
}

/* Fills the FIFO eight bytes at a time, whenever it has space for them. */
RUNS_FROM_RAM static void send_words(const uint32_t *words, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes / sizeof(uint32_t); i += 2) {
        if (!wait_in_ram(&FLEXSPI_INTR, INTR_IPTXWE | INTR_IPCMDERR, INTR_IPTXWE)) {
            return;
        }
        FLEXSPI_TFDR0 = words[i];
        FLEXSPI_TFDR1 = words[i + 1];
        FLEXSPI_INTR = INTR_IPTXWE; /* takes them */
    }
}

/* Runs a sequence at an offset of the chip, with so many bytes to read, or to write if there are
 * words. Returns whether the controller did. */
RUNS_FROM_RAM static bool execute(uint32_t sequence, uint32_t offset, uint32_t bytes,
                                  const uint32_t *words) {
    const uint32_t errors = INTR_IPCMDERR | INTR_IPCMDGE;
    FLEXSPI_INTR = INTR_IPCMDDONE | errors; /* writing ones clears them */
    FLEXSPI_IPRXFCR = IPFCR_CLEAR;
    FLEXSPI_IPTXFCR = IPFCR_CLEAR;
    FLEXSPI_IPCR0 = offset;
    FLEXSPI_IPCR1 = sequence << 16 | bytes;
    FLEXSPI_IPCMD = IPCMD_TRG;
    if (words != NULL) {
        send_words(words, bytes);
    }
    return wait_in_ram(&FLEXSPI_INTR, INTR_IPCMDDONE, INTR_IPCMDDONE) &&
           (FLEXSPI_INTR & errors) == 0;
}

/* The program cannot go on without the chip: if it never becomes ready, everything starts again. */
RUNS_FROM_RAM static void wait_until_ready(void) {
    for (uint32_t looks = 0; looks < LOOKS_AT_CHIP && execute(TO_LOOK, 0, 1, NULL); looks++) {
        if ((FLEXSPI_RFDR0 & STATUS_BUSY) == 0) {
            return;
        }
    }
    for (;;) {
        REGISTER(0xE000ED0Cu) = 0x05FA0004u; /* SYSRESETREQ, with its key */
    }
}

/* Runs a sequence that changes the chip, as execute(). */
RUNS_FROM_RAM static bool change_chip(uint32_t sequence, uint32_t offset, uint32_t bytes,
                                      const uint32_t *words) {
    const uint32_t idle = STS0_SEQIDLE | STS0_ARBIDLE;
    const uint32_t before = mask_interrupts();
    forbid_flash(true);
    bool done = wait_in_ram(&FLEXSPI_STS0, idle, idle);
    if (done) {
        write_sequences();
        done = execute(TO_ENABLE, 0, 0, NULL) && execute(sequence, offset, bytes, words);
        wait_until_ready();
        FLEXSPI_MCR0 |= MCR0_SWRESET; /* forgets what it has read ahead; settings stay */
        done = wait_in_ram(&FLEXSPI_MCR0, MCR0_SWRESET, 0) && done;
    }
    forbid_flash(false);
    unmask_interrupts(before);
    return done;
}

/* For programs that have switched the data cache on. */
static void forget_cached(uint32_t offset, uint32_t count) {
    for (uint32_t at = offset; at < offset + count; at += CACHE_LINE_BYTES) {
        REGISTER(0xE000EF5Cu) = FLASH_START + at; /* DCIMVAC */
    }
    __asm__ volatile("dsb" ::: "memory");
}

static uint32_t offset_of(uint32_t address) {
    return (uint32_t)(uintptr_t)integrad_board_store_begin - FLASH_START + address;
}

/* The bytes are copied to RAM first: they may be in flash. */
int integrad_flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    static uint32_t page[PAGE_BYTES / sizeof(uint32_t)];
    const uint32_t *from = bytes;
    bool done = true;
    (void)context;
    for (uint32_t at = 0; at < count && done; at += PAGE_BYTES) {
        const uint32_t offset = offset_of(address + at);
        for (uint32_t i = 0; i < PAGE_BYTES / sizeof(uint32_t); i++) {
            page[i] = from[at / sizeof(uint32_t) + i];
        }
        done = change_chip(TO_PROGRAM, offset, PAGE_BYTES, page);
        forget_cached(offset, PAGE_BYTES);
    }
    return done ? 0 : -1;
}

int integrad_flash_erase(uint32_t address, uint32_t count, void *context) {
    bool done = true;
    (void)context;
    for (uint32_t at = 0; at < count && done; at += SECTOR_BYTES) {
        const uint32_t offset = offset_of(address + at);
        done = change_chip(TO_ERASE, offset, 0, NULL);
        forget_cached(offset, SECTOR_BYTES);
    }
    return done ? 0 : -1;
}
