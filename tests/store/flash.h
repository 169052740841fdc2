/*
 * An emulated non-volatile memory that can lose power at any operation, and that ends the program
 * with a message if the rules of the memory are broken.
 *
 * An operation is the programming of one unit, the erasing of one block, or a sync. The power fails
 * at one of them, in one of the ways of enum cut, and flash_power_failed() is called, which must
 * not return. Memories with a cache may also lose any operation since the last sync.
 */
#ifndef FLASH_H
#define FLASH_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

enum { MOST_BYTES = 4 * 131072, MOST_UNITS = MOST_BYTES };

/* What has become of the unit or block when the power failed. */
enum cut {
    CUT_BEFORE,     /* nothing has happened */
    CUT_FIRST_HALF, /* the first half of the bytes is done */
    CUT_LAST_HALF,  /* the last half of the bytes is done */
    CUT_GARBAGE,    /* every byte may have any value */
    CUT_UNREADABLE, /* reading reports an error until the block is erased, or the unit overwritten
                     */
    CUT_AFTER,      /* all is done */
    CUTS
};

struct flash {
    uint8_t bytes[MOST_BYTES];
    uint8_t programmed[MOST_UNITS]; /* of each unit: since the last erase */
    uint8_t unreadable[MOST_UNITS];
    uint8_t bad_erase[64], bad_program[64], bad_read[64]; /* of each slot: always an error */
    uint32_t size;
    const integrad_store *store;

    /* With a cache: what was there before the operations since the last sync. */
    int cached;
    uint32_t pending; /* operations since the last sync */
    struct {
        uint32_t address, count;
        uint8_t before[4096];
        uint8_t was_unreadable[4096];
    } log[256];

    uint64_t operations; /* done since the beginning */
    uint64_t fails_at;   /* the operation at which the power fails; 0: never */
    enum cut cut;
    uint32_t random;
    uint32_t update; /* version of the last update that a test confirmed */

    uint64_t reads, programs, erases, syncs;
    int locked;
};

void flash_power_failed(void);

int flash_erase(uint32_t address, uint32_t count, void *context);

/* Erases the memory and sets the functions of `store`, whose geometry and `erase` are already set.
 */
void flash_begin(struct flash *flash, integrad_store *store, int cached);

/* The state of a memory, without what has been counted: copied before something is tried. */
void flash_copy(struct flash *to, const struct flash *from);

/* Power is back. */
void flash_restart(struct flash *flash);

uint32_t flash_random(struct flash *flash);

#endif
