/*
 * Learns six batches, and saves after each of them in flash memory: the PSRAM of the emulated
 * machine, which is treated like NOR flash. Goes on where an earlier run was interrupted. Writes
 * the CRC-32 of the weights in the end and the number of steps in the beginning.
 */
#include "checksum.h"
#include "toy_store.h"
#include "transport.h"

enum { SLOT = 512, BLOCK = 256, WORD = 4, STEPS = 6, SAMPLES = 4 };

static uint32_t *word_at(uint32_t address) {
    return (uint32_t *)(FLASH + address);
}

static int read_flash(void *bytes, uint32_t address, uint32_t count, void *context) {
    const uint8_t *from = (const uint8_t *)FLASH + address;
    uint8_t *to = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return 0;
}

/* Programming clears bits; a bit that is 0 already stays 0. */
static int program_flash(uint32_t address, const void *bytes, uint32_t count, void *context) {
    const uint8_t *from = bytes;
    (void)context;
    for (uint32_t i = 0; i < count; i += WORD) {
        uint32_t word = 0;
        for (uint32_t k = WORD; k > 0; k--) {
            word = word << 8 | from[i + k - 1];
        }
        *(volatile uint32_t *)word_at(address + i) = *word_at(address + i) & word;
    }
    return 0;
}

static int erase_flash(uint32_t address, uint32_t count, void *context) {
    (void)context;
    for (uint32_t i = 0; i < count; i += WORD) {
        *(volatile uint32_t *)word_at(address + i) = UINT32_MAX;
    }
    return 0;
}

static toy_weights weights;
static toy_training_scratch scratch;

/* Samples of a step: numbers that depend on nothing else. */
static int learn(uint32_t step) {
    int8_t x[SAMPLES * TOY_INPUTS];
    uint8_t labels[SAMPLES];
    uint32_t seed = step + 1;
    for (uint32_t i = 0; i < sizeof x; i++) {
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        x[i] = (int8_t)((int32_t)(seed >> 24) - 128 < -127 ? -127 : (int32_t)(seed >> 24) - 128);
    }
    for (uint32_t i = 0; i < SAMPLES; i++) {
        labels[i] = (uint8_t)((step + i) % TOY_CLASSES);
    }
    return toy_train(&weights, x, labels, SAMPLES, &toy_default_schedule, &scratch);
}

int main(void) {
    static uint8_t buffer[64];
    const integrad_store store = {.read = read_flash,
                                  .program = program_flash,
                                  .erase = erase_flash,
                                  .slots = 2,
                                  .slot_size = SLOT,
                                  .erase_size = BLOCK,
                                  .program_size = WORD,
                                  .erased_value = 0xFF,
                                  .buffer = buffer,
                                  .buffer_size = sizeof buffer};
    integrad_store_info info = {0, 0, 0, 0};
    if (toy_load(&weights, &info, &store) < 0) {
        return 1;
    }
    for (uint32_t step = info.steps; step < STEPS; step++) {
        if (learn(step) < 0) {
            return 2;
        }
        if (toy_save(NULL, &store, &weights, step + 1) != 0) {
            return 3;
        }
    }
    const uint32_t found[] = {integrad_crc32(0, &weights, sizeof weights), info.steps};
    return integrad_write(found, sizeof found) == 0 ? 0 : 4;
}
