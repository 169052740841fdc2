/*
 * What the sweeps of power_cuts.c do not reach: operations that report errors one by one, sizes
 * that do not fit together, contents of other programs, optional functions and results, updates
 * with any fault. Prints the checks that failed.
 */
#include <stdio.h>
#include <string.h>

#include "checksum.h"
#include "update.h"

enum { SLOTS = 3, SLOT = 128, WEIGHTS = 40, UNIT = 8 };

static uint8_t memory[SLOTS * SLOT], buffer[64], weights[WEIGHTS], loaded[WEIGHTS];
static unsigned fails_at, operations, failures;
static int locks, broken, deaf;
static const integrad_store_content content = {1, 2, WEIGHTS};

static void expect_at(int line, int right) {
    if (!right) {
        printf("corners.c:%d\n", line);
        failures++;
    }
}

#define EXPECT(right) expect_at(__LINE__, right)

static int fails(void) {
    return ++operations == fails_at || broken;
}

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    memcpy(bytes, memory + address, count);
    return fails() ? -1 : 0;
}

static int program_memory(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    if (!deaf) {
        memcpy(memory + address, bytes, count);
    }
    return fails() ? -1 : 0;
}

static int erase_memory(uint32_t address, uint32_t count, void *context) {
    (void)context;
    if (!deaf) {
        memset(memory + address, 0xFF, count);
    }
    return fails() ? -1 : 0;
}

static int sync_memory(void *context) {
    (void)context;
    return fails() ? -1 : 0;
}

static void lock(void *context) {
    (void)context;
    locks++;
}

static void unlock(void *context) {
    (void)context;
    locks--;
}

static integrad_store erasable(void) {
    return (integrad_store){.read = read_memory,
                            .program = program_memory,
                            .erase = erase_memory,
                            .sync = sync_memory,
                            .lock = lock,
                            .unlock = unlock,
                            .slots = SLOTS,
                            .slot_size = SLOT,
                            .erase_size = SLOT,
                            .program_size = UNIT,
                            .erased_value = 0xFF,
                            .buffer = buffer,
                            .buffer_size = sizeof buffer};
}

/* Without the functions that may be NULL. */
static integrad_store plain(void) {
    integrad_store store = erasable();
    store.erase = NULL;
    store.sync = NULL;
    store.lock = NULL;
    store.unlock = NULL;
    return store;
}

static void forget(void) {
    memset(memory, 0xFF, sizeof memory);
    operations = fails_at = 0;
}

static void put(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Changes a field of the header of a slot, which stays valid. */
static void change(uint32_t slot, uint32_t at, uint32_t value) {
    put(memory + slot * SLOT + at, value);
    put(memory + slot * SLOT + 44, integrad_crc32(0, memory + slot * SLOT, 44));
}

/* Saves weights that consist of `value`, as training step `value`. */
static int save(const integrad_store *store, integrad_store_info *info, uint8_t value) {
    memset(weights, value, WEIGHTS);
    return integrad_store_save(info, store, weights, &content, value);
}

/* The value of the weights that a start loads, 0 for none. */
static int load(const integrad_store *store) {
    integrad_store_info info;
    const int result = integrad_store_load(loaded, &info, store, &content);
    if (result != INTEGRAD_STORE_NEWEST && result != INTEGRAD_STORE_PREVIOUS) {
        return 0;
    }
    for (uint32_t i = 0; i < WEIGHTS; i++) {
        EXPECT(loaded[i] == loaded[0]);
    }
    return loaded[0];
}

/* One action with weights 5, after weights 3 and 4 were saved. */
static int act(const integrad_store *store, int action) {
    integrad_store_info info = {0, 0, 0, 0};
    memset(weights, 5, WEIGHTS);
    switch (action) {
    case 0:
        return integrad_store_save(&info, store, weights, &content, 5);
    case 1: {
        const int result = integrad_store_save_unconfirmed(&info, store, weights, &content, 5);
        return result < 0 ? result : integrad_store_confirm(store, &content, info.sequence);
    }
    case 2:
        return integrad_store_clear(store);
    default:
        return integrad_store_load(loaded, NULL, store, &content) < 0;
    }
}

/* Every operation of every action fails once: nothing is lost, and success is not claimed wrongly.
 */
static void operations_that_fail(integrad_store store) {
    for (int action = 0; action < 4; action++) {
        for (unsigned at = 1;; at++) {
            forget();
            EXPECT(save(&store, NULL, 3) == 0 && save(&store, NULL, 4) == 0);
            operations = 0;
            fails_at = at;
            const int result = act(&store, action);
            if (operations < at) {
                break;
            }
            fails_at = 0;
            EXPECT(locks == 0);
            const int found = load(&store);
            if (action == 2) {
                EXPECT(found == 0 || (result < 0 && found >= 3));
            } else {
                EXPECT(found == 5 || found == 4);
                EXPECT(found == 5 || action == 3 || result < 0);
            }
        }
    }
}

/* The whole memory fails, or ignores what is written; sequence numbers that end or are equal. */
static void memories_that_fail(void) {
    integrad_store store = erasable();
    integrad_store_info info = {0, 0, 0, 0};
    forget();
    for (uint8_t value = 1; value <= 5; value++) {
        EXPECT(save(&store, &info, value) == 0 && info.sequence == value && load(&store) == value);
    }
    deaf = 1;
    EXPECT(save(&store, &info, 9) == INTEGRAD_STORE_ERROR_WRITE && info.sequence == 5);
    deaf = 0;
    EXPECT(load(&store) == 5);
    broken = 1;
    EXPECT(integrad_store_load(loaded, NULL, &store, &content) == INTEGRAD_STORE_ERROR_READ);
    EXPECT(save(&store, NULL, 9) == INTEGRAD_STORE_ERROR_WRITE);
    broken = 0;
    forget();
    for (uint8_t value = 3; value <= 5; value++) {
        EXPECT(save(&store, NULL, value) == 0);
    }
    EXPECT(integrad_store_confirm(&store, &content, 3) == 0);
    EXPECT(integrad_store_confirm(&store, &content, 2) == INTEGRAD_STORE_ERROR_CONFIRM);
    change(2, 24, UINT32_C(0xFFFFFFFE)); /* the last one */
    EXPECT(save(&store, NULL, 9) == INTEGRAD_STORE_ERROR_WORN);
    EXPECT(load(&store) == 5);
    change(1, 24, UINT32_C(0xFFFFFFFE)); /* twice the same one: the later slot */
    EXPECT(load(&store) == 5);
}

/* The newest save is damaged, or not one of this program. */
static void saves_of_others(void) {
    static const uint32_t fields[][2] = {{4, 2}, {8, 9}, {12, 9}, {16, 9}, {20, 9}};
    integrad_store store = erasable();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        forget();
        EXPECT(load(&store) == 0 && save(&store, NULL, 3) == 0 && save(&store, NULL, 4) == 0);
        change(1, fields[i][0], fields[i][1]);
        EXPECT(load(&store) == 3);
        EXPECT(save(&store, NULL, 5) == 0 && load(&store) == 5);
    }
    forget();
    EXPECT(integrad_store_confirm(&store, &content, 1) == INTEGRAD_STORE_ERROR_CONFIRM);
    memset(memory, 0, sizeof memory); /* neither erased nor saves */
    EXPECT(load(&store) == 0 && save(&store, NULL, 3) == 0 && load(&store) == 3);
    memory[8] ^= 1; /* a header without the right checksum */
    EXPECT(load(&store) == 0);
    memory[8] ^= 1;
    memory[0] ^= 1; /* without a magic number */
    EXPECT(load(&store) == 0);
}

/* Marks that were cut off, and weights that are damaged before they are confirmed. */
static void confirmations(void) {
    for (int fault = 0; fault < 5; fault++) {
        integrad_store store = fault == 4 ? plain() : erasable();
        integrad_store_info info = {0, 0, 0, 0};
        forget();
        EXPECT(save(&store, NULL, 3) == 0);
        memset(weights, 4, WEIGHTS);
        EXPECT(integrad_store_save_unconfirmed(&info, &store, weights, &content, 4) == 0);
        uint8_t *const mark = memory + info.slot * SLOT + 48;
        switch (fault) {
        case 1: /* programmed by half */
        case 4: /* the same where bytes can be overwritten */
            memcpy(mark, "iSO", 3);
            break;
        case 2: /* weights damaged */
            mark[UNIT] ^= 1;
            break;
        case 3: /* the mark of another header */
            memcpy(mark, "iSOK", 4);
            break;
        default:
            break;
        }
        EXPECT(load(&store) == 3);
        const int done = integrad_store_confirm(&store, &content, info.sequence) == 0;
        EXPECT(done == (fault == 0 || fault == 4) && load(&store) == (done ? 4 : 3));
    }
}

static void geometries(void) {
    integrad_store good = erasable(), bad[12];
    integrad_store_content large = content;
    for (size_t i = 0; i < 12; i++) {
        bad[i] = good;
    }
    bad[0].slots = 1;
    bad[1].program_size = 0;
    bad[2].program_size = 257;
    bad[3].erase_size = 0;
    bad[4].erase_size = SLOT + 1;
    bad[5].slot_size = SLOT + UNIT;
    bad[6].slot_size = 0;
    bad[7].slots = UINT32_MAX;
    bad[8].buffer_size = 63;
    bad[9].buffer_size = 65;
    bad[10].slot_size = bad[10].erase_size = WEIGHTS - UNIT; /* less than the weights */
    bad[11].slot_size = bad[11].erase_size = WEIGHTS + UNIT; /* no place for the header */
    for (size_t i = 0; i < 12; i++) {
        EXPECT(integrad_store_load(loaded, NULL, &bad[i], &content) ==
               INTEGRAD_STORE_ERROR_GEOMETRY);
        EXPECT(integrad_store_confirm(&bad[i], &content, 1) == INTEGRAD_STORE_ERROR_GEOMETRY);
        EXPECT(save(&bad[i], NULL, 1) == INTEGRAD_STORE_ERROR_GEOMETRY);
        EXPECT(i == 10 || integrad_store_clear(&bad[i]) == INTEGRAD_STORE_ERROR_GEOMETRY);
    }
    large.size = UINT32_MAX;
    EXPECT(integrad_store_load(loaded, NULL, &good, &large) == INTEGRAD_STORE_ERROR_GEOMETRY);
    EXPECT(locks == 0);
}

/* Right if the first byte of the signature says so. */
static int verify(const uint8_t *signature, const uint8_t *message, size_t size,
                  const uint8_t *public_key) {
    EXPECT(signature == message + size && size == 32 + WEIGHTS && public_key == buffer);
    return signature[0] == 1;
}

static void updates(void) {
    static const struct {
        uint32_t at, value;
        int result;
    } wrong[] = {{0, 0, INTEGRAD_UPDATE_ERROR_FORMAT},
                 {4, 2, INTEGRAD_UPDATE_ERROR_FORMAT},
                 {16, 41, INTEGRAD_UPDATE_ERROR_FORMAT},
                 {20, 0, INTEGRAD_UPDATE_ERROR_FORMAT},
                 {8, 9, INTEGRAD_UPDATE_ERROR_MODEL},
                 {12, 9, INTEGRAD_UPDATE_ERROR_MODEL},
                 {32 + WEIGHTS, 2, INTEGRAD_UPDATE_ERROR_SIGNATURE}};
    const integrad_update_key key = {verify, buffer};
    const integrad_store store = erasable();
    const integrad_store_content small = {1, 2, WEIGHTS - 1};
    uint8_t image[INTEGRAD_UPDATE_BYTES(WEIGHTS)], changed[sizeof image];
    integrad_store_info info = {0, 0, 0, 0};
    memset(image, 7, sizeof image);
    memcpy(image, "iUPD", 4);
    static const uint32_t header[] = {1, 1, 2, WEIGHTS, 1, 0, 0};
    for (size_t i = 0; i < 7; i++) {
        put(image + 4 + 4 * i, header[i]);
    }
    image[32 + WEIGHTS] = 1;
    forget();
    memset(loaded, 0, WEIGHTS);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(changed, image, sizeof image);
        put(changed + wrong[i].at, wrong[i].value);
        EXPECT(integrad_update_install(loaded, NULL, &store, changed, sizeof image, &content,
                                       &key) == wrong[i].result);
    }
    EXPECT(integrad_update_install(loaded, NULL, &store, image, 95, &content, &key) ==
           INTEGRAD_UPDATE_ERROR_FORMAT);
    EXPECT(integrad_update_install(loaded, NULL, &store, image, sizeof image, &small, &key) ==
           INTEGRAD_UPDATE_ERROR_MODEL);
    EXPECT(operations == 0 && loaded[0] == 0);
    EXPECT(integrad_store_save_update(NULL, &store, weights, &content, 0) ==
           INTEGRAD_STORE_ERROR_OLD);
    EXPECT(integrad_update_install(NULL, &info, &store, image, sizeof image, &content, &key) == 0);
    EXPECT(load(&store) == 0 && save(&store, &info, 3) == 0 && info.update == 0);
    change(info.slot, 12, 9); /* a save of another model, whose version does not count */
    change(info.slot, 36, 9);
    EXPECT(integrad_update_install(NULL, &info, &store, image, sizeof image, &content, &key) == 0);
    EXPECT(integrad_store_confirm(&store, &content, info.sequence) == 0);
    EXPECT(load(&store) == 7 && save(&store, &info, 8) == 0 && info.update == 1);
    memset(loaded, 0, WEIGHTS);
    EXPECT(integrad_update_install(loaded, NULL, &store, image, sizeof image, &content, &key) ==
           INTEGRAD_STORE_ERROR_OLD);
    EXPECT(loaded[0] == 0);
    put(image + 20, 2);
    EXPECT(integrad_update_install(loaded, NULL, &store, image, sizeof image, &content, &key) == 0);
    EXPECT(loaded[0] == 7 && loaded[WEIGHTS - 1] == 7);
}

int main(void) {
    operations_that_fail(erasable());
    operations_that_fail(plain());
    memories_that_fail();
    saves_of_others();
    confirmations();
    geometries();
    updates();
    return failures != 0;
}
