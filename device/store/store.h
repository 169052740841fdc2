/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps weights in non-volatile memory, whatever happens to the power.
 *
 * The memory is divided into slots of equal size. A save writes to a slot that is not the one which
 * the next start would load, its header last, so that a power cut leaves either the weights of
 * before or the new ones. See docs/weight-store.md for the format and the reasons.
 *
 * All functions return one of the results below, or a negative error. They keep nothing in RAM
 * between calls, so that a program can lose power, or restart, at any instruction.
 */
#ifndef INTEGRAD_STORE_H
#define INTEGRAD_STORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /* The last completed save. Also: done. */
    INTEGRAD_STORE_NEWEST = 0,
    /* An earlier save: a later one is damaged, was cut off, or has not been confirmed. */
    INTEGRAD_STORE_PREVIOUS = 1,
    /* No save of this model: the caller uses the weights that the program contains. */
    INTEGRAD_STORE_FACTORY = 2,

    INTEGRAD_STORE_ERROR_GEOMETRY = -1, /* sizes that do not fit together */
    INTEGRAD_STORE_ERROR_READ = -2,     /* no slot can be read */
    INTEGRAD_STORE_ERROR_WRITE = -3,    /* no slot can be written and read back */
    INTEGRAD_STORE_ERROR_CONFIRM = -4,  /* nothing to confirm, or no longer possible: save again */
    INTEGRAD_STORE_ERROR_WORN = -5,     /* 2^32 - 2 saves have been made */
    INTEGRAD_STORE_ERROR_OLD = -6       /* an update of this version or a later one was installed */
};

/*
 * A memory. Addresses are offsets from its beginning. The functions return 0, or a negative error
 * if the bytes could not be read, programmed or erased; a program may be incomplete after an error.
 */
typedef struct {
    int (*read)(void *bytes, uint32_t address, uint32_t count, void *context);
    /* Whole units of program_size bytes, each at most once after it was erased. */
    int (*program)(uint32_t address, const void *bytes, uint32_t count, void *context);
    /* Whole blocks of erase_size bytes. NULL for memories that are overwritten, such as MRAM. */
    int (*erase)(uint32_t address, uint32_t count, void *context);
    /* Returns when everything before it can no longer be lost. NULL if this is always so. */
    int (*sync)(void *context);
    /* Called around every function of the store, or NULL. */
    void (*lock)(void *context);
    void (*unlock)(void *context);
    void *context;

    uint32_t slots;        /* at least 2; more of them spread the wear */
    uint32_t slot_size;    /* in bytes, a multiple of erase_size */
    uint32_t erase_size;   /* without erase: a multiple of program_size */
    uint32_t program_size; /* 1 to 256 */
    uint8_t erased_value;  /* of every byte of an erased block */

    /* Aligned as the memory requires; a multiple of program_size, at least 64 bytes. */
    void *buffer;
    uint32_t buffer_size;
} integrad_store;

/* What is saved: saves with another layout, model or size are those of another program. */
typedef struct {
    uint32_t layout; /* NAME_LAYOUT_CRC */
    uint32_t model;  /* NAME_MODEL_CRC */
    uint32_t size;   /* of the weights, in bytes */
} integrad_store_content;

/* A save. */
typedef struct {
    uint32_t sequence; /* 1 for the first save of a memory, then one more each */
    uint32_t steps;    /* training steps, as told by the program that saved */
    uint32_t slot;
    uint32_t update; /* version of the last update that was installed before, 0 for none */
} integrad_store_info;

/* Bytes of a slot that holds `size` bytes of weights, before rounding up to erase_size. */
uint32_t integrad_store_slot_bytes(uint32_t size, uint32_t program_size);

/*
 * Copies the newest usable save to `weights`, content->size bytes. Their contents are undefined
 * unless the result is NEWEST or PREVIOUS; only then is *info written. info may be NULL.
 */
int integrad_store_load(void *weights, integrad_store_info *info, const integrad_store *store,
                        const integrad_store_content *content);

/*
 * Saves content->size bytes of weights. A slot that fails is skipped. *info is written if the
 * result is 0; info may be NULL.
 */
int integrad_store_save(integrad_store_info *info, const integrad_store *store, const void *weights,
                        const integrad_store_content *content, uint32_t steps);

/*
 * The same, but a start takes the save of before until integrad_store_confirm is called with
 * info->sequence: for weights that have to prove themselves first.
 */
int integrad_store_save_unconfirmed(integrad_store_info *info, const integrad_store *store,
                                    const void *weights, const integrad_store_content *content,
                                    uint32_t steps);

/*
 * The same for weights that come from elsewhere. Versions of updates only increase: once one was
 * confirmed, the result for the same or an earlier version is ERROR_OLD. All saves after it keep
 * its version. update.h checks where an update comes from.
 */
int integrad_store_save_update(integrad_store_info *info, const integrad_store *store,
                               const void *weights, const integrad_store_content *content,
                               uint32_t update);

/*
 * Makes the newest save, which has this sequence number, the one that a start loads; done if it is
 * already. Any other sequence number is an error, so that nothing is confirmed that did not run.
 */
int integrad_store_confirm(const integrad_store *store, const integrad_store_content *content,
                           uint32_t sequence);

/* Forgets all saves, the oldest first, so that a power cut leaves the newest one or none. */
int integrad_store_clear(const integrad_store *store);

#ifdef __cplusplus
}
#endif

#endif
