/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include "checksum.h"

/*
 * A slot: the header, the mark of confirmation, and the weights, each in whole program units. The
 * header is programmed after everything that it describes. docs/weight-store.md lists its fields.
 */
enum { HEADER_BYTES = 48, CHECKED_BYTES = 44, MARK_BYTES = 8, VERSION = 1 };
enum { NEEDS_CONFIRMATION = 1 };

#define HEADER_MAGIC UINT32_C(0x4F545369) /* "iSTO" */
#define MARK_MAGIC UINT32_C(0x4B4F5369)   /* "iSOK" */
#define LAST_SEQUENCE UINT32_C(0xFFFFFFFE)

typedef struct {
    uint32_t layout, model, size, weights_crc, sequence, steps, flags, update, header_crc;
} header;

/* What the header of a slot looks like. */
enum { BLANK, DAMAGED, VALID, UNREADABLE };

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t rounded_up(uint32_t count, uint32_t unit) {
    return (count + (unit - 1)) / unit * unit;
}

static uint32_t header_area(const integrad_store *s) {
    return rounded_up(HEADER_BYTES, s->program_size);
}

static uint32_t mark_area(const integrad_store *s) {
    return rounded_up(MARK_BYTES, s->program_size);
}

static uint32_t slot_at(const integrad_store *s, uint32_t slot) {
    return slot * s->slot_size;
}

static uint32_t mark_at(const integrad_store *s, uint32_t slot) {
    return slot_at(s, slot) + header_area(s);
}

static uint32_t weights_at(const integrad_store *s, uint32_t slot) {
    return mark_at(s, slot) + mark_area(s);
}

uint32_t integrad_store_slot_bytes(uint32_t size, uint32_t program_size) {
    return rounded_up(HEADER_BYTES, program_size) + rounded_up(MARK_BYTES, program_size) +
           rounded_up(size, program_size);
}

/* Numbers are stored in little-endian order, whatever the order of the core. */
static void put(uint8_t *bytes, uint32_t value) {
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i) & 0xFFu);
    }
}

static uint32_t get(const uint8_t *bytes) {
    uint32_t value = 0;
    for (size_t i = 4; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static void fill(uint8_t *bytes, uint32_t count, uint8_t value) {
    for (uint32_t i = 0; i < count; i++) {
        bytes[i] = value;
    }
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

static int is_blank(const integrad_store *s, const uint8_t *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] != s->erased_value) {
            return 0;
        }
    }
    return 1;
}

static int read_bytes(const integrad_store *s, void *bytes, uint32_t address, uint32_t count) {
    return s->read(bytes, address, count, s->context);
}

static int sync_all(const integrad_store *s) {
    return s->sync == NULL ? 0 : s->sync(s->context);
}

/* *found is written if the header is valid. */
static int look_at(header *found, const integrad_store *s, uint32_t slot) {
    uint8_t *bytes = s->buffer;
    if (read_bytes(s, bytes, slot_at(s, slot), HEADER_BYTES) < 0) {
        return UNREADABLE;
    }
    if (is_blank(s, bytes, HEADER_BYTES)) {
        return BLANK;
    }
    const uint32_t crc = get(bytes + CHECKED_BYTES);
    if (get(bytes) != HEADER_MAGIC || get(bytes + 4) != VERSION ||
        crc != integrad_crc32(0, bytes, CHECKED_BYTES)) {
        return DAMAGED;
    }
    *found = (header){.layout = get(bytes + 8),
                      .model = get(bytes + 12),
                      .size = get(bytes + 16),
                      .weights_crc = get(bytes + 20),
                      .sequence = get(bytes + 24),
                      .steps = get(bytes + 28),
                      .flags = get(bytes + 32),
                      .update = get(bytes + 36),
                      .header_crc = crc};
    return VALID;
}

static int is_of(const header *h, const integrad_store_content *content) {
    return h->layout == content->layout && h->model == content->model && h->size == content->size;
}

static void put_mark(uint8_t *bytes, const header *h) {
    put(bytes, MARK_MAGIC);
    put(bytes + 4, h->header_crc);
}

static int is_confirmed(const integrad_store *s, uint32_t slot, const header *h) {
    uint8_t found[MARK_BYTES], expected[MARK_BYTES];
    if ((h->flags & NEEDS_CONFIRMATION) == 0) {
        return 1;
    }
    put_mark(expected, h);
    if (read_bytes(s, found, mark_at(s, slot), MARK_BYTES) < 0) {
        return 0;
    }
    return get(found) == get(expected) && get(found + 4) == get(expected + 4);
}

/* Whether the weights have the checksum of the header. Reads them to `weights`, unless it is NULL.
 */
static int is_intact(void *weights, const integrad_store *s, uint32_t slot, const header *h) {
    uint8_t *to = weights;
    uint32_t crc = 0;
    for (uint32_t at = 0; at < h->size;) {
        const uint32_t count = least(h->size - at, s->buffer_size);
        void *part = to == NULL ? s->buffer : to + at;
        if (read_bytes(s, part, weights_at(s, slot) + at, count) < 0) {
            return 0;
        }
        crc = integrad_crc32(crc, part, (size_t)count);
        at += count;
    }
    return crc == h->weights_crc;
}

/* Whether a save comes before another one; equal sequence numbers occur in damaged memories only.
 */
static int is_older(uint32_t sequence, uint32_t slot, uint32_t than, uint32_t than_slot) {
    return sequence < than || (sequence == than && slot < than_slot);
}

/*
 * The newest save of this content that is older than (before, before_slot) -> 1 and *found, *slot;
 * 0 if there is none.
 */
static int next_older(header *found, uint32_t *slot, const integrad_store *s,
                      const integrad_store_content *content, uint32_t before,
                      uint32_t before_slot) {
    int any = 0;
    for (uint32_t i = 0; i < s->slots; i++) {
        header h;
        if (look_at(&h, s, i) == VALID && is_of(&h, content) &&
            is_older(h.sequence, i, before, before_slot) &&
            (!any || is_older(found->sequence, *slot, h.sequence, i))) {
            *found = h;
            *slot = i;
            any = 1;
        }
    }
    return any;
}

/* Whether the slot that is written after this one holds the rest of a save that was cut off. */
static int is_cut_off_after(const integrad_store *s, uint32_t slot) {
    header h;
    const int state = look_at(&h, s, (slot + 1) % s->slots);
    return state == DAMAGED || state == UNREADABLE;
}

static int is_readable(const integrad_store *s) {
    for (uint32_t i = 0; i < s->slots; i++) {
        header h;
        if (look_at(&h, s, i) != UNREADABLE) {
            return 1;
        }
    }
    return 0;
}

/* The save that a start loads: *found and *slot, and its weights unless `weights` is NULL. */
static int find(void *weights, header *found, uint32_t *slot, const integrad_store *s,
                const integrad_store_content *content) {
    int result = INTEGRAD_STORE_NEWEST;
    uint32_t before = UINT32_MAX, before_slot = 0;
    while (next_older(found, slot, s, content, before, before_slot)) {
        if (is_confirmed(s, *slot, found) && is_intact(weights, s, *slot, found)) {
            return is_cut_off_after(s, *slot) ? INTEGRAD_STORE_PREVIOUS : result;
        }
        result = INTEGRAD_STORE_PREVIOUS;
        before = found->sequence;
        before_slot = *slot;
    }
    return is_readable(s) ? INTEGRAD_STORE_FACTORY : INTEGRAD_STORE_ERROR_READ;
}

/* Programs `count` bytes and fills the last unit with the value of erased bytes. */
static int program_bytes(const integrad_store *s, uint32_t address, const uint8_t *bytes,
                         uint32_t count) {
    uint8_t *buffer = s->buffer;
    for (uint32_t at = 0; at < count;) {
        const uint32_t part = least(count - at, s->buffer_size);
        const uint32_t whole = rounded_up(part, s->program_size);
        copy(buffer, bytes + at, part);
        fill(buffer + part, whole - part, s->erased_value);
        if (s->program(address + at, buffer, whole, s->context) < 0) {
            return INTEGRAD_STORE_ERROR_WRITE;
        }
        at += part;
    }
    return 0;
}

/* Erases a slot; where nothing can be erased, overwrites what makes it a save. */
static int make_blank(const integrad_store *s, uint32_t slot) {
    if (s->erase != NULL) {
        return s->erase(slot_at(s, slot), s->slot_size, s->context);
    }
    uint8_t blank[HEADER_BYTES];
    fill(blank, HEADER_BYTES, s->erased_value);
    int result = program_bytes(s, slot_at(s, slot), blank, HEADER_BYTES);
    if (result == 0) {
        result = program_bytes(s, mark_at(s, slot), blank, MARK_BYTES);
    }
    return result < 0 ? result : sync_all(s);
}

static void put_header(uint8_t *bytes, const header *h) {
    fill(bytes, HEADER_BYTES, 0);
    put(bytes, HEADER_MAGIC);
    put(bytes + 4, VERSION);
    put(bytes + 8, h->layout);
    put(bytes + 12, h->model);
    put(bytes + 16, h->size);
    put(bytes + 20, h->weights_crc);
    put(bytes + 24, h->sequence);
    put(bytes + 28, h->steps);
    put(bytes + 32, h->flags);
    put(bytes + 36, h->update);
    put(bytes + CHECKED_BYTES, integrad_crc32(0, bytes, CHECKED_BYTES));
}

/* Returns 1 if the slot now holds the save, and can be read. */
static int write_slot(const integrad_store *s, uint32_t slot, const uint8_t *weights,
                      const header *h) {
    uint8_t bytes[HEADER_BYTES];
    header found;
    put_header(bytes, h);
    return make_blank(s, slot) >= 0 &&
           program_bytes(s, weights_at(s, slot), weights, h->size) >= 0 && sync_all(s) >= 0 &&
           program_bytes(s, slot_at(s, slot), bytes, HEADER_BYTES) >= 0 && sync_all(s) >= 0 &&
           look_at(&found, s, slot) == VALID && found.sequence == h->sequence &&
           is_intact(NULL, s, slot, &found);
}

/*
 * The largest sequence number of any save and its slot; 0 and the last slot if there is none.
 * *update is raised to the version of the last confirmed update of this content, even if its
 * weights are damaged by now; without content, update is not used.
 */
static uint32_t last_sequence(uint32_t *slot, uint32_t *update, const integrad_store *s,
                              const integrad_store_content *content) {
    uint32_t last = 0;
    *slot = s->slots - 1;
    for (uint32_t i = 0; i < s->slots; i++) {
        header h;
        if (look_at(&h, s, i) != VALID) {
            continue;
        }
        if (h.sequence > last) {
            last = h.sequence;
            *slot = i;
        }
        if (content != NULL && h.update > *update && is_of(&h, content) && is_confirmed(s, i, &h)) {
            *update = h.update;
        }
    }
    return last;
}

static int fits(const integrad_store *s, const integrad_store_content *content) {
    const uint32_t size = content == NULL ? 0 : content->size;
    return s->slots >= 2 && s->program_size >= 1 && s->program_size <= 256 && s->erase_size >= 1 &&
           s->erase_size % s->program_size == 0 && s->slot_size % s->erase_size == 0 &&
           s->slot_size >= 1 && s->slots <= UINT32_MAX / s->slot_size && s->buffer_size >= 64 &&
           s->buffer_size % s->program_size == 0 && size <= s->slot_size &&
           integrad_store_slot_bytes(size, s->program_size) <= s->slot_size;
}

static void begin(const integrad_store *s) {
    if (s->lock != NULL) {
        s->lock(s->context);
    }
}

static int end(const integrad_store *s, int result) {
    if (s->unlock != NULL) {
        s->unlock(s->context);
    }
    return result;
}

int integrad_store_load(void *weights, integrad_store_info *info, const integrad_store *store,
                        const integrad_store_content *content) {
    header found;
    uint32_t slot;
    if (!fits(store, content)) {
        return INTEGRAD_STORE_ERROR_GEOMETRY;
    }
    begin(store);
    const int result = find(weights, &found, &slot, store, content);
    if (info != NULL && (result == INTEGRAD_STORE_NEWEST || result == INTEGRAD_STORE_PREVIOUS)) {
        *info = (integrad_store_info){found.sequence, found.steps, slot, found.update};
    }
    return end(store, result);
}

/*
 * Tries the slots after the last one written, but never the one that a start would load. h->update
 * is 0 for weights that were learnt here: they keep the version of the last update.
 */
static int save(uint32_t *slot, const integrad_store *s, const uint8_t *weights, header *h,
                const integrad_store_content *content) {
    header kept;
    uint32_t kept_slot = 0, last_slot, installed = 0;
    const int result = find(NULL, &kept, &kept_slot, s, content);
    const int keeps = result == INTEGRAD_STORE_NEWEST || result == INTEGRAD_STORE_PREVIOUS;
    h->sequence = last_sequence(&last_slot, &installed, s, content);
    if (h->update == 0) {
        h->update = installed;
    } else if (h->update <= installed) {
        return INTEGRAD_STORE_ERROR_OLD;
    }
    for (uint32_t i = 1; i <= s->slots; i++) {
        *slot = (last_slot + i) % s->slots;
        if (keeps && *slot == kept_slot) {
            continue;
        }
        if (h->sequence >= LAST_SEQUENCE) {
            return INTEGRAD_STORE_ERROR_WORN;
        }
        h->sequence++;
        if (write_slot(s, *slot, weights, h)) {
            return 0;
        }
    }
    return INTEGRAD_STORE_ERROR_WRITE;
}

/* h: with the steps, the flags and the version of the update. */
static int save_as(integrad_store_info *info, header *h, const integrad_store *store,
                   const void *weights, const integrad_store_content *content) {
    if (!fits(store, content)) {
        return INTEGRAD_STORE_ERROR_GEOMETRY;
    }
    h->layout = content->layout;
    h->model = content->model;
    h->size = content->size;
    h->weights_crc = integrad_crc32(0, weights, (size_t)content->size);
    uint32_t slot = 0;
    begin(store);
    const int result = save(&slot, store, weights, h, content);
    if (info != NULL && result == 0) {
        *info = (integrad_store_info){h->sequence, h->steps, slot, h->update};
    }
    return end(store, result);
}

int integrad_store_save(integrad_store_info *info, const integrad_store *store, const void *weights,
                        const integrad_store_content *content, uint32_t steps) {
    header h = {.steps = steps};
    return save_as(info, &h, store, weights, content);
}

int integrad_store_save_unconfirmed(integrad_store_info *info, const integrad_store *store,
                                    const void *weights, const integrad_store_content *content,
                                    uint32_t steps) {
    header h = {.steps = steps, .flags = NEEDS_CONFIRMATION};
    return save_as(info, &h, store, weights, content);
}

int integrad_store_save_update(integrad_store_info *info, const integrad_store *store,
                               const void *weights, const integrad_store_content *content,
                               uint32_t update) {
    header h = {.flags = NEEDS_CONFIRMATION, .update = update};
    return update == 0 ? INTEGRAD_STORE_ERROR_OLD : save_as(info, &h, store, weights, content);
}

static int confirm_newest(const integrad_store *s, const integrad_store_content *content,
                          uint32_t sequence) {
    header h;
    uint32_t slot;
    uint8_t mark[MARK_BYTES];
    if (!next_older(&h, &slot, s, content, UINT32_MAX, 0) || h.sequence != sequence) {
        return INTEGRAD_STORE_ERROR_CONFIRM;
    }
    if (is_confirmed(s, slot, &h)) {
        return 0;
    }
    /* A mark that was cut off cannot be programmed again, except where bytes can be overwritten. */
    if (read_bytes(s, mark, mark_at(s, slot), MARK_BYTES) < 0 ||
        (s->erase != NULL && !is_blank(s, mark, MARK_BYTES)) || !is_intact(NULL, s, slot, &h)) {
        return INTEGRAD_STORE_ERROR_CONFIRM;
    }
    put_mark(mark, &h);
    if (program_bytes(s, mark_at(s, slot), mark, MARK_BYTES) < 0 || sync_all(s) < 0 ||
        !is_confirmed(s, slot, &h)) {
        return INTEGRAD_STORE_ERROR_CONFIRM;
    }
    return 0;
}

int integrad_store_confirm(const integrad_store *store, const integrad_store_content *content,
                           uint32_t sequence) {
    if (!fits(store, content)) {
        return INTEGRAD_STORE_ERROR_GEOMETRY;
    }
    begin(store);
    return end(store, confirm_newest(store, content, sequence));
}

int integrad_store_clear(const integrad_store *store) {
    if (!fits(store, NULL)) {
        return INTEGRAD_STORE_ERROR_GEOMETRY;
    }
    begin(store);
    /* After the last slot written comes the oldest one. */
    uint32_t last;
    int result = 0;
    (void)last_sequence(&last, NULL, store, NULL);
    for (uint32_t i = 1; i <= store->slots; i++) {
        if (make_blank(store, (last + i) % store->slots) < 0 || sync_all(store) < 0) {
            result = INTEGRAD_STORE_ERROR_WRITE;
        }
    }
    return end(store, result);
}
