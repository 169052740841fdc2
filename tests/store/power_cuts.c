/*
 * Cuts the power at every operation of a store, and checks that nothing that was learnt is lost.
 *
 *     power_cuts GEOMETRY DEPTH          all cuts, DEPTH (1 or 2) of them after one another
 *     power_cuts GEOMETRY random SEED N  N lives with three cuts each
 *     power_cuts GEOMETRY flips          every bit of the newest save
 *     power_cuts GEOMETRY slots          slots that cannot be erased, programmed or read
 *
 * GEOMETRY: slots, blocks per slot, bytes per block and per unit, erased value, erasable (0 or 1),
 * cached (0 or 1), bytes of weights, separated by commas. Prints what was tried; a failure prints
 * what repeats it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash.h"

enum { MOST_WEIGHTS = 65536, BUFFER = 256 };
enum action { SAVE, UPDATE_AND_CONFIRM, CLEAR, ACTIONS };

static struct flash flash, before_first, before_second;
static integrad_store store;
static integrad_store_content content = {0x12345678u, 0x9ABCDEF0u, 0};
static uint8_t buffer[BUFFER], weights[MOST_WEIGHTS], loaded[MOST_WEIGHTS];
static jmp_buf power;
static char tried[200];
static unsigned long cuts, lives, loads;
static uint32_t loaded_update;

void flash_power_failed(void) {
    longjmp(power, 1);
}

static void fail(const char *what) {
    printf("FAILED %s: %s\n", tried, what);
    exit(1);
}

static void expect(int right, const char *what) {
    if (!right) {
        fail(what);
    }
}

/* The weights of a version: version 0 is that of the factory. */
static void set_weights(uint8_t *bytes, uint32_t version) {
    uint32_t x = version * 2654435761u + 1;
    for (uint32_t i = 0; i < content.size; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        bytes[i] = (uint8_t)x;
    }
}

/* Weights that were learnt tell it as their steps, updates as their version. */
static uint32_t version_of(const integrad_store_info *info) {
    return info->steps == 0 ? info->update : info->steps;
}

/* What a start finds: version 0 if there is no save, or no readable slot. Twice, as loading changes
 * nothing. */
static uint32_t load(int *result) {
    uint32_t version = 0;
    for (int i = 0; i < 2; i++) {
        integrad_store_info info = {0, 0, 0, 0};
        *result = integrad_store_load(loaded, &info, &store, &content);
        loads++;
        expect(*result >= 0 || *result == INTEGRAD_STORE_ERROR_READ, "loading reports an error");
        expect(i == 0 || (version == version_of(&info) && loaded_update == info.update),
               "two starts load different weights");
        loaded_update = info.update;
        if (*result == INTEGRAD_STORE_NEWEST || *result == INTEGRAD_STORE_PREVIOUS) {
            version = version_of(&info);
            set_weights(weights, version);
            expect(memcmp(weights, loaded, content.size) == 0, "the weights are wrong");
        }
    }
    return version;
}

static void act(enum action action, uint32_t version) {
    integrad_store_info info;
    int result = 0;
    if (action == CLEAR) {
        expect(integrad_store_clear(&store) == 0, "clearing fails");
        flash.update = 0;
        return;
    }
    set_weights(weights, version);
    if (action == SAVE) {
        expect(integrad_store_save(&info, &store, weights, &content, version) == 0, "saving fails");
        return;
    }
    expect(integrad_store_save_update(&info, &store, weights, &content, version) == 0,
           "saving an update fails");
    expect(load(&result) == version - 1, "weights that are not confirmed are loaded");
    expect(integrad_store_confirm(&store, &content, info.sequence + 1) < 0,
           "another save than the newest is confirmed");
    expect(integrad_store_confirm(&store, &content, info.sequence) == 0, "confirming fails");
    expect(integrad_store_confirm(&store, &content, info.sequence) == 0, "confirming twice fails");
    flash.update = version;
    expect(integrad_store_save_update(&info, &store, weights, &content, version) ==
               INTEGRAD_STORE_ERROR_OLD,
           "an update is installed twice");
}

/* Returns 1 if the power failed at operation `at`, counted from here. at = 0: it never fails. */
static int act_until(enum action action, uint32_t version, uint64_t at, enum cut cut) {
    flash.operations = 0;
    flash.fails_at = at;
    flash.cut = cut;
    if (setjmp(power) != 0) {
        cuts++;
        flash_restart(&flash);
        return 1;
    }
    act(action, version);
    flash.fails_at = 0;
    return 0;
}

/*
 * After a cut: the version of before or the next one; of a CLEAR that of before or none. Where a
 * header is one unit and no unit is torn, the order of a save ensures that no damaged one is seen.
 */
static uint32_t check_start(enum action action, uint32_t version, enum cut cut) {
    int result;
    const uint32_t found = load(&result);
    expect(action == UPDATE_AND_CONFIRM || store.program_size < 64 ||
               (cut != CUT_BEFORE && cut != CUT_AFTER) || result != INTEGRAD_STORE_PREVIOUS,
           "a header was written before its weights");
    if (action == CLEAR) {
        expect(found == version || found == 0, "clearing leaves an older version");
        flash.update = found == 0 ? 0 : flash.update;
    } else {
        expect(found == version || found == version + 1,
               "neither the version of before nor the new one");
        flash.update =
            action == UPDATE_AND_CONFIRM && found == version + 1 ? version + 1 : flash.update;
    }
    expect(loaded_update == flash.update, "the version of the last update is lost");
    return found;
}

/* Learning goes on as if nothing had happened. */
static void live_on(uint32_t version) {
    int result;
    for (uint32_t i = 1; i <= store.slots; i++) {
        act_until(SAVE, version + i, 0, CUT_BEFORE);
        expect(load(&result) == version + i, "the last save is not loaded");
        expect(loaded_update == flash.update, "a save forgets the version of the last update");
    }
    expect(result == INTEGRAD_STORE_NEWEST, "traces of a cut remain after all slots were written");
    lives++;
}

static void cut_twice(enum action action, uint32_t version, int depth) {
    flash_copy(&before_second, &flash);
    if (depth == 1) {
        live_on(version);
        return;
    }
    for (enum cut cut = CUT_BEFORE; cut < CUTS; cut++) {
        char *mark = tried + strlen(tried);
        for (uint64_t at = 1;; at++) {
            sprintf(mark, ", then action %d, operation %lu, cut %d", action, (unsigned long)at,
                    cut);
            flash_copy(&flash, &before_second);
            if (!act_until(action, version + 1, at, cut)) {
                break;
            }
            live_on(check_start(action, version, CUT_GARBAGE));
        }
        *mark = '\0';
    }
}

/* Returns 0 if the action ends before operation `at`. */
static int cut_once(enum action action, uint32_t saves, uint64_t at, enum cut cut, int depth) {
    flash_copy(&flash, &before_first);
    if (!act_until(action, saves + 1, at, cut)) {
        return 0;
    }
    const uint32_t found = check_start(action, saves, cut);
    cut_twice(SAVE, found, depth);
    if (depth == 2) {
        flash_copy(&flash, &before_second);
        cut_twice(UPDATE_AND_CONFIRM, found, depth);
    }
    return 1;
}

/* What a cache loses is drawn, so that such a cut is repeated. */
static void all_cuts(int depth) {
    const uint32_t draws = flash.cached && depth == 1 ? 16 : 1;
    for (uint32_t saves = 0; saves <= store.slots + 1; saves++) {
        flash_begin(&flash, &store, flash.cached);
        for (uint32_t version = 1; version <= saves; version++) {
            act_until(SAVE, version, 0, CUT_BEFORE);
        }
        flash_copy(&before_first, &flash);
        for (uint32_t i = 0; i < draws * ACTIONS * CUTS; i++) {
            const enum action action = (enum action)(i / CUTS % ACTIONS);
            const enum cut cut = (enum cut)(i % CUTS);
            before_first.random = (i + 1) * 2654435761u;
            for (uint64_t at = 1;; at++) {
                sprintf(tried, "after %u saves, action %d, operation %lu, cut %d", (unsigned)saves,
                        action, (unsigned long)at, cut);
                if (!cut_once(action, saves, at, cut, depth)) {
                    break;
                }
            }
        }
    }
}

static void random_cuts(uint32_t seed, unsigned long count) {
    for (unsigned long life = 0; life < count; life++) {
        uint32_t version = 0;
        flash_begin(&flash, &store, flash.cached);
        flash.random = seed + (uint32_t)life * 2654435761u + 1;
        sprintf(tried, "random %u, life %lu", (unsigned)seed, life);
        for (int i = 0; i < 3;) {
            const enum action action = flash_random(&flash) % 8 == 0   ? CLEAR
                                       : flash_random(&flash) % 3 == 0 ? UPDATE_AND_CONFIRM
                                                                       : SAVE;
            const uint64_t at = flash_random(&flash) % 4 == 0 ? 1 + flash_random(&flash) % 60 : 0;
            const enum cut cut = (enum cut)(flash_random(&flash) % CUTS);
            if (act_until(action, version + 1, at, cut)) {
                version = check_start(action, version, CUT_GARBAGE);
                i++;
            } else {
                version = action == CLEAR ? 0 : version + 1;
            }
        }
        live_on(version);
    }
}

/* A flipped bit of the newest save makes a start load the one before it, never anything else. */
static void flips(void) {
    unsigned long lost = 0, tolerated = 0;
    integrad_store_info info;
    flash_begin(&flash, &store, 0);
    for (uint32_t version = 1; version <= 3; version++) {
        act(SAVE, version);
    }
    expect(integrad_store_load(loaded, &info, &store, &content) == 0, "nothing to flip");
    const uint32_t begin = info.slot * store.slot_size;
    const uint32_t bits = 8 * integrad_store_slot_bytes(content.size, store.program_size);
    for (uint32_t bit = 0; bit < bits; bit++) {
        int result;
        sprintf(tried, "bit %u", (unsigned)bit);
        flash.bytes[begin + bit / 8] ^= (uint8_t)(1u << (bit % 8));
        const uint32_t version = load(&result);
        expect(version == 3 || version == 2, "neither the newest save nor the one before it");
        expect((version == 3) == (result == INTEGRAD_STORE_NEWEST) || bit < 8 * 48,
               "the result does not tell which save it is");
        lost += version == 2;
        tolerated += version == 3;
        flash.bytes[begin + bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    expect(lost >= 8 * (44 + content.size), "a flipped bit is not noticed");
    printf("%u bits: %lu noticed, %lu of no use\n", (unsigned)bits, lost, tolerated);
}

/* Slots that fail are skipped; with only one good slot left, what it holds survives. */
static void failing_slots(void) {
    uint8_t *const kinds[] = {flash.bad_erase, flash.bad_program, flash.bad_read};
    for (size_t kind = 0; kind < 3; kind++) {
        for (uint32_t bad = 0; bad < store.slots; bad++) {
            for (uint32_t from = 0; from <= store.slots; from++) {
                int result;
                uint32_t version = 0;
                flash_begin(&flash, &store, 0);
                sprintf(tried, "slot %u fails, kind %u, from save %u", (unsigned)bad,
                        (unsigned)kind, (unsigned)from);
                for (uint32_t i = 1; i <= 3 * store.slots; i++) {
                    integrad_store_info info;
                    kinds[kind][bad] = i > from;
                    set_weights(weights, version + 1);
                    if (store.erase == NULL && kind == 0) {
                        kinds[kind][bad] = 0;
                    }
                    const uint32_t found = load(&result);
                    expect(found == version || (kind == 2 && found + 1 == version),
                           "a save of a good slot is lost");
                    version = found;
                    set_weights(weights, version + 1);
                    const int saved =
                        integrad_store_save(&info, &store, weights, &content, version + 1);
                    expect(saved == 0 || (saved == INTEGRAD_STORE_ERROR_WRITE && store.slots == 2),
                           "no good slot is found");
                    version += saved == 0;
                }
            }
        }
    }
    printf("%u slots failing in 3 ways\n", (unsigned)store.slots);
}

int main(int count, char **arguments) {
    unsigned slots, blocks, erase, program, erased, erasable, cached, size;
    if (count < 3 || sscanf(arguments[1], "%u,%u,%u,%u,%u,%u,%u,%u", &slots, &blocks, &erase,
                            &program, &erased, &erasable, &cached, &size) != 8) {
        return 2;
    }
    content.size = size;
    store.slots = slots;
    store.erase_size = erase;
    store.slot_size = blocks * erase;
    store.program_size = program;
    store.erased_value = (uint8_t)erased;
    store.erase = erasable ? flash_erase : NULL;
    store.buffer = buffer;
    store.buffer_size = BUFFER / program * program;
    flash_begin(&flash, &store, (int)cached);
    if (strcmp(arguments[2], "flips") == 0) {
        flips();
    } else if (strcmp(arguments[2], "slots") == 0) {
        failing_slots();
    } else if (strcmp(arguments[2], "random") == 0 && count == 5) {
        random_cuts((uint32_t)strtoul(arguments[3], NULL, 10), strtoul(arguments[4], NULL, 10));
    } else {
        all_cuts(atoi(arguments[2]));
    }
    printf("%lu cuts, %lu lives, %lu starts\n", cuts, lives, loads);
    return 0;
}
