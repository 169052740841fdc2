#include "flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void broken(const char *rule) {
    fprintf(stderr, "a rule of the memory is broken: %s\n", rule);
    abort();
}

uint32_t flash_random(struct flash *flash) {
    flash->random ^= flash->random << 13;
    flash->random ^= flash->random >> 17;
    flash->random ^= flash->random << 5;
    return flash->random;
}

static uint32_t unit_of(const struct flash *flash, uint32_t address) {
    return address / flash->store->program_size;
}

static uint32_t slot_of(const struct flash *flash, uint32_t address) {
    return address / flash->store->slot_size;
}

static void check_range(const struct flash *flash, uint32_t address, uint32_t count) {
    if (!flash->locked) {
        broken("the memory is not locked");
    }
    if (count == 0 || address >= flash->size || count > flash->size - address) {
        broken("an address lies outside of the memory");
    }
}

static void change(struct flash *flash, uint32_t address, const uint8_t *bytes, uint32_t count) {
    memcpy(flash->bytes + address, bytes, count);
}

/* A unit that reads as erased can be programmed. */
static int is_blank(const struct flash *flash, uint32_t unit) {
    const uint32_t size = flash->store->program_size;
    for (uint32_t i = 0; i < size; i++) {
        if (flash->bytes[unit * size + i] != flash->store->erased_value) {
            return 0;
        }
    }
    return !flash->unreadable[unit];
}

/* An operation that was interrupted. `done`: its bytes, if it had been completed. */
static void interrupt(struct flash *flash, uint32_t address, const uint8_t *done, uint32_t count) {
    const uint32_t first = unit_of(flash, address), units = count / flash->store->program_size;
    const uint32_t half = count / 2;
    switch (flash->cut) {
    case CUT_FIRST_HALF:
        change(flash, address, done, half);
        break;
    case CUT_LAST_HALF:
        change(flash, address + half, done + half, count - half);
        break;
    case CUT_GARBAGE:
        for (uint32_t i = 0; i < count; i++) {
            flash->bytes[address + i] = (uint8_t)flash_random(flash);
        }
        break;
    case CUT_UNREADABLE:
        memset(flash->unreadable + first, 1, units);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < units; i++) {
        flash->programmed[first + i] = !is_blank(flash, first + i);
    }
}

/* What a cache had not written yet may be lost, in any order. */
static void lose_cache(struct flash *flash) {
    if (flash->cached) {
        for (uint32_t i = flash->pending; i > 0; i--) {
            if (flash_random(flash) % 2) {
                const uint32_t address = flash->log[i - 1].address, bytes = flash->log[i - 1].count;
                memcpy(flash->bytes + address, flash->log[i - 1].before, bytes);
                memcpy(flash->unreadable + unit_of(flash, address),
                       flash->log[i - 1].was_unreadable, bytes / flash->store->program_size);
            }
        }
    }
    flash->pending = 0;
}

static void remember(struct flash *flash, uint32_t address, uint32_t count) {
    if (!flash->cached) {
        return;
    }
    if (flash->pending >= 256 || count > 4096) {
        broken("too many operations without a sync for this test");
    }
    flash->log[flash->pending].address = address;
    flash->log[flash->pending].count = count;
    memcpy(flash->log[flash->pending].was_unreadable, flash->unreadable + unit_of(flash, address),
           count / flash->store->program_size);
    memcpy(flash->log[flash->pending++].before, flash->bytes + address, count);
}

/* One unit or block: returns unless the power fails. */
static void operate(struct flash *flash, uint32_t address, const uint8_t *done, uint32_t count) {
    const int fails = ++flash->operations == flash->fails_at;
    if (fails && flash->cut != CUT_AFTER) {
        remember(flash, address, count);
        interrupt(flash, address, done, count);
        lose_cache(flash);
        flash_power_failed();
    }
    remember(flash, address, count);
    change(flash, address, done, count);
    if (fails) {
        lose_cache(flash);
        flash_power_failed();
    }
}

static int flash_read(void *bytes, uint32_t address, uint32_t count, void *context) {
    struct flash *flash = context;
    check_range(flash, address, count);
    flash->reads++;
    if (flash->bad_read[slot_of(flash, address)]) {
        memset(bytes, 0x5A, count);
        return -5;
    }
    for (uint32_t unit = unit_of(flash, address); unit <= unit_of(flash, address + count - 1);
         unit++) {
        if (flash->unreadable[unit]) {
            memset(bytes, 0x5A, count);
            return -5;
        }
    }
    memcpy(bytes, flash->bytes + address, count);
    return 0;
}

static int flash_program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    struct flash *flash = context;
    const uint32_t size = flash->store->program_size;
    check_range(flash, address, count);
    if (address % size != 0 || count % size != 0) {
        broken("only whole units can be programmed");
    }
    flash->programs++;
    if (flash->bad_program[slot_of(flash, address)]) {
        return -5;
    }
    for (uint32_t at = 0; at < count; at += size) {
        const uint32_t unit = unit_of(flash, address + at);
        if (flash->store->erase != NULL && flash->programmed[unit]) {
            broken("a unit is programmed twice without being erased");
        }
        operate(flash, address + at, (const uint8_t *)bytes + at, size);
        flash->programmed[unit] = 1;
        flash->unreadable[unit] = 0;
    }
    return 0;
}

int flash_erase(uint32_t address, uint32_t count, void *context) {
    struct flash *flash = context;
    const uint32_t size = flash->store->erase_size;
    static uint8_t blank[131072];
    check_range(flash, address, count);
    if (address % size != 0 || count % size != 0) {
        broken("only whole blocks can be erased");
    }
    flash->erases++;
    if (flash->bad_erase[slot_of(flash, address)]) {
        return -5;
    }
    memset(blank, flash->store->erased_value, size);
    for (uint32_t at = 0; at < count; at += size) {
        const uint32_t unit = unit_of(flash, address + at);
        operate(flash, address + at, blank, size);
        memset(flash->programmed + unit, 0, size / flash->store->program_size);
        memset(flash->unreadable + unit, 0, size / flash->store->program_size);
    }
    return 0;
}

static int flash_sync(void *context) {
    struct flash *flash = context;
    const int fails = ++flash->operations == flash->fails_at;
    flash->syncs++;
    if (fails && flash->cut != CUT_AFTER) {
        lose_cache(flash);
        flash_power_failed();
    }
    flash->pending = 0;
    if (fails) {
        flash_power_failed();
    }
    return 0;
}

static void flash_lock(void *context) {
    struct flash *flash = context;
    if (flash->locked++) {
        broken("the memory is locked twice");
    }
}

static void flash_unlock(void *context) {
    struct flash *flash = context;
    if (flash->locked-- != 1) {
        broken("the memory is unlocked without having been locked");
    }
}

void flash_begin(struct flash *flash, integrad_store *store, int cached) {
    memset(flash, 0, sizeof *flash);
    flash->store = store;
    flash->size = store->slots * store->slot_size;
    flash->cached = cached;
    flash->random = 2463534242u;
    if (flash->size > MOST_BYTES) {
        broken("the memory is too large for this test");
    }
    for (uint32_t i = 0; i < flash->size; i++) {
        flash->bytes[i] = store->erased_value;
    }
    store->read = flash_read;
    store->program = flash_program;
    store->sync = flash_sync;
    store->lock = flash_lock;
    store->unlock = flash_unlock;
    store->context = flash;
}

void flash_copy(struct flash *to, const struct flash *from) {
    const uint32_t units = from->size / from->store->program_size;
    memcpy(to->bytes, from->bytes, from->size);
    memcpy(to->programmed, from->programmed, units);
    memcpy(to->unreadable, from->unreadable, units);
    to->size = from->size;
    to->store = from->store;
    to->cached = from->cached;
    to->random = from->random;
    to->update = from->update;
}

void flash_restart(struct flash *flash) {
    flash->locked = 0;
    flash->pending = 0;
    flash->fails_at = 0;
}
