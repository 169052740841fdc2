/*
 * A program that installs signed updates in an emulated memory. Arguments are done in order:
 *
 *     install=FILE   installs an update and confirms it
 *     try=FILE       installs an update
 *     broken=FILE    the same, if the library that verifies signatures fails
 *     learn          changes the weights and saves them
 *     flip=FILE      installs an update in which one bit is wrong: all such bits, one after another
 *     vector=FILE    verifies a signature: 32 bytes of the public key, 64 of the signature, message
 *
 * Prints for each: the result, the version of the last update of the save that a start loads, the
 * first byte of its weights and of those of the program, and whether the memory was written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ed25519.h"
#include "toy_store.h"
#include "wand.key.h"

enum { SLOT = 1024, SLOTS = 2, MOST = 4096 };
static uint8_t memory[SLOTS * SLOT], buffer[64];
static unsigned long written;

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    memcpy(bytes, memory + address, count);
    return 0;
}

static int program_memory(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    memcpy(memory + address, bytes, count);
    written += count;
    return 0;
}

static const integrad_store store = {.read = read_memory,
                                     .program = program_memory,
                                     .slots = SLOTS,
                                     .slot_size = SLOT,
                                     .erase_size = SLOT,
                                     .program_size = 8,
                                     .buffer = buffer,
                                     .buffer_size = sizeof buffer};

static int broken_verify(const uint8_t *signature, const uint8_t *message, size_t size,
                         const uint8_t *public_key) {
    (void)signature;
    (void)message;
    (void)size;
    (void)public_key;
    return -1;
}

/* In memory of exactly its size, so that a sanitizer notices what is read beyond its end. */
static uint8_t *contents(const char *path, size_t *size) {
    static uint8_t bytes[MOST];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        exit(2);
    }
    *size = fread(bytes, 1, MOST, file);
    fclose(file);
    uint8_t *copy = malloc(*size == 0 ? 1 : *size);
    memcpy(copy, bytes, *size);
    return copy;
}

static int install(toy_weights *weights, const char *path, int confirm, integrad_verify verify) {
    const integrad_update_key key = {verify, update_public_key};
    integrad_store_info info = {0, 0, 0, 0};
    size_t size;
    uint8_t *image = contents(path, &size);
    int result = toy_update(weights, &info, &store, image, size, &key);
    free(image);
    if (result == 0 && confirm) {
        result = toy_confirm(&store, info.sequence);
    }
    return result;
}

/* Returns the number of bits that may be wrong: none. */
static int flip(toy_weights *weights, const char *path) {
    const integrad_update_key key = {ed25519_verify, update_public_key};
    size_t size;
    int accepted = 0;
    uint8_t *image = contents(path, &size);
    for (size_t i = 0; i < 8 * size; i++) {
        image[i / 8] ^= (uint8_t)(1u << i % 8);
        accepted += toy_update(weights, NULL, &store, image, size, &key) >= 0;
        image[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    free(image);
    return accepted;
}

static int vector(const char *path) {
    size_t size;
    uint8_t *bytes = contents(path, &size);
    const int result = ed25519_verify(bytes + 32, bytes + 96, size - 96, bytes);
    free(bytes);
    return result;
}

static int act(toy_weights *weights, const char *action, const char *path) {
    if (strcmp(action, "learn") == 0) {
        weights->output[0][0]++;
        return toy_save(NULL, &store, weights, 1);
    }
    if (strcmp(action, "flip") == 0) {
        return flip(weights, path);
    }
    if (strcmp(action, "vector") == 0) {
        return vector(path);
    }
    return install(weights, path, strcmp(action, "install") == 0,
                   strcmp(action, "broken") == 0 ? broken_verify : ed25519_verify);
}

int main(int count, char **arguments) {
    toy_weights weights = toy_initial_weights, loaded;
    for (int i = 1; i < count; i++) {
        integrad_store_info info = {0, 0, 0, 0};
        char *path = strchr(arguments[i], '=');
        if (path != NULL) {
            *path++ = '\0';
        }
        written = 0;
        const int result = act(&weights, arguments[i], path);
        if (toy_load(&loaded, &info, &store) < 0) {
            return 3;
        }
        printf("%d %lu %d %d %d\n", result, (unsigned long)info.update, loaded.output[0][0],
               weights.output[0][0], written != 0);
    }
    return 0;
}
