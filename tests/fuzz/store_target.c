/*
 * The weight store on a memory with any contents: nothing outside of the memory is touched, and
 * what is saved afterwards is loaded.
 *
 * Input: the kind of memory, the slot that cannot be read (255: none), what is done first, and the
 * contents of the memory, whose end is also taken for an update.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "update.h"

enum { MOST = 4096, UNIT = 256, SIZE = 36, HEADER = 48, CHECKED = 44 };

static const struct kind {
    uint32_t slots, slot_size, erase_size, program_size;
    uint8_t erased_value;
    int erases;
} kinds[] = {
    {2, 128, 128, 8, 0xFF, 1},   {2, 192, 64, 16, 0x00, 1},      {3, 256, 256, 4, 0xFF, 1},
    {2, 768, 256, 256, 0xFF, 1}, {4, 128, 8, 8, 0xFF, 0},        {3, 96, 1, 1, 0xA5, 0},
    {2, 1024, 512, 32, 0xFF, 1}, {16, 128, 128, 8, 0xFF, 1},     {2, 64, 64, 8, 0xFF, 1},
    {1, 128, 128, 8, 0xFF, 1},   {0x10000, 0x10000, 8, 8, 0, 1},
};

struct memory {
    const struct kind *kind;
    uint32_t failing;
    uint8_t bytes[MOST];
};

/* A call that leaves the memory, or its rules, is a mistake of the store. */
static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static int is_inside(const struct memory *m, uint32_t address, uint32_t count) {
    const uint32_t all = m->kind->slots * m->kind->slot_size;
    return all <= MOST && address <= all && count <= all - address;
}

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    const struct memory *m = context;
    require(is_inside(m, address, count) && count > 0);
    if (address / m->kind->slot_size == m->failing) {
        return -1;
    }
    memcpy(bytes, m->bytes + address, count);
    return 0;
}

static int program(uint32_t address, const void *bytes, uint32_t count, void *context) {
    struct memory *m = context;
    require(is_inside(m, address, count));
    require(address % m->kind->program_size == 0 && count % m->kind->program_size == 0);
    for (uint32_t i = 0; m->kind->erases && i < count; i++) {
        require(m->bytes[address + i] == m->kind->erased_value);
    }
    memcpy(m->bytes + address, bytes, count);
    return 0;
}

static int erase(uint32_t address, uint32_t count, void *context) {
    struct memory *m = context;
    require(is_inside(m, address, count));
    require(address % m->kind->erase_size == 0 && count % m->kind->erase_size == 0);
    memset(m->bytes + address, m->kind->erased_value, count);
    return 0;
}

/* The save of some content, if a slot holds one, else a content that no slot holds. */
static integrad_store_content content_of(const uint8_t *data, size_t size) {
    integrad_store_content content = {1, 2, SIZE};
    if (size >= 20 && memcmp(data, "iSTO", 4) == 0) {
        memcpy(&content.layout, data + 8, 4);
        memcpy(&content.model, data + 12, 4);
        memcpy(&content.size, data + 16, 4);
    }
    return content;
}

/* A save is loaded as it was saved, whatever the memory held before. */
static void save_and_load(const integrad_store *store, const integrad_store_content *content,
                          uint8_t *weights, uint8_t *loaded, int way) {
    integrad_store_info info, found;
    memset(weights, 0x5A, content->size);
    int result = way & 1 ? integrad_store_save_unconfirmed(&info, store, weights, content, 7)
                         : integrad_store_save(&info, store, weights, content, 7);
    if (result != 0) {
        return;
    }
    if (way & 1) {
        result = integrad_store_confirm(store, content, info.sequence);
        if (result != 0) {
            require(result < 0);
            return;
        }
    }
    result = integrad_store_load(loaded, &found, store, content);
    require(result == INTEGRAD_STORE_NEWEST || result == INTEGRAD_STORE_PREVIOUS);
    require(found.sequence == info.sequence && found.slot == info.slot && found.steps == 7);
    require(memcmp(weights, loaded, content->size) == 0);
}

static int verify(const uint8_t *signature, const uint8_t *message, size_t size,
                  const uint8_t *public_key) {
    return size > 0 && signature[63] == public_key[0] && message[size - 1] != 0;
}

/* The end of the input as an update: only a whole one for this program is installed. */
static void install(const integrad_store *store, const integrad_store_content *content,
                    const uint8_t *data, size_t size, uint8_t *weights) {
    const uint8_t public_key[32] = {0xFF};
    const integrad_update_key key = {verify, public_key};
    const size_t whole = INTEGRAD_UPDATE_BYTES((size_t)content->size);
    const size_t count = size < whole ? size : whole;
    uint8_t *image = malloc(count);
    require(image != NULL || count == 0);
    if (count > 0) {
        memcpy(image, data + (size - count), count);
    }
    integrad_store_info info;
    if (integrad_update_install(weights, &info, store, image, count, content, &key) == 0) {
        require(count == whole && memcmp(image, "iUPD", 4) == 0);
        require(memcmp(weights, image + INTEGRAD_UPDATE_HEADER_BYTES, content->size) == 0);
        require(integrad_store_confirm(store, content, info.sequence) <= 0);
    }
    free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct memory memory;
    static uint8_t buffer[UNIT];
    if (size < 3) {
        return 0;
    }
    const struct kind *kind = &kinds[data[0] % (sizeof kinds / sizeof kinds[0])];
    const int way = data[2];
    memory.kind = kind;
    memory.failing = data[1] < kind->slots ? data[1] : UINT32_MAX;
    memset(memory.bytes, kind->erased_value, sizeof memory.bytes);
    data += 3;
    size -= 3;
    memcpy(memory.bytes, data, size < MOST ? size : MOST);
    const integrad_store store = {
        .read = read_memory,
        .program = program,
        .erase = kind->erases ? erase : NULL,
        .context = &memory,
        .slots = kind->slots,
        .slot_size = kind->slot_size,
        .erase_size = kind->erase_size,
        .program_size = kind->program_size,
        .erased_value = kind->erased_value,
        .buffer = buffer,
        .buffer_size = way & 2 && kind->program_size <= 64 ? 64 : sizeof buffer,
    };
    const integrad_store_content content = content_of(data, size);
    /* Exactly as large as the program says, so that the sanitizer notices a byte too many. */
    const uint32_t room = content.size <= MOST ? content.size : 0;
    uint8_t *weights = malloc(room + 1), *loaded = malloc(room);
    require(weights != NULL && (loaded != NULL || room == 0));
    integrad_store_info info;
    const int result = integrad_store_load(loaded, &info, &store, &content);
    require(result <= INTEGRAD_STORE_FACTORY && result >= INTEGRAD_STORE_ERROR_WORN);
    if (result == INTEGRAD_STORE_NEWEST || result == INTEGRAD_STORE_PREVIOUS) {
        require(info.slot < kind->slots && info.slot != memory.failing);
        (void)integrad_store_confirm(&store, &content, info.sequence);
        /* Forged saves may have equal numbers; what can be loaded is never less than before. */
        integrad_store_info now;
        const int again = integrad_store_load(loaded, &now, &store, &content);
        require(again == INTEGRAD_STORE_NEWEST || again == INTEGRAD_STORE_PREVIOUS);
        require(now.sequence >= info.sequence);
    }
    (void)integrad_store_confirm(&store, &content, (uint32_t)way);
    if ((way & 8) && content.size <= MOST) {
        install(&store, &content, data, size, weights);
    }
    if (way & 4) {
        (void)integrad_store_clear(&store);
    }
    if (content.size <= MOST) {
        save_and_load(&store, &content, weights, loaded, way);
    }
    free(weights);
    free(loaded);
    return 0;
}
