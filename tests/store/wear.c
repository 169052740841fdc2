/*
 * Counts what saves do to a memory.
 *
 *     wear GEOMETRY SAVES      GEOMETRY: see power_cuts.c
 *
 * Prints the bytes of a slot before rounding up to whole blocks, the blocks that were erased, and
 * how often the one that was erased most often.
 */
#include <stdio.h>
#include <stdlib.h>

#include "flash.h"

static struct flash flash;
static integrad_store store;
static uint8_t weights[65536], buffer[256];
static unsigned long erases[4096], all, most;

void flash_power_failed(void) {
    abort();
}

static int count_and_erase(uint32_t address, uint32_t count, void *context) {
    for (uint32_t at = 0; at < count; at += store.erase_size) {
        const unsigned long times = ++erases[(address + at) / store.erase_size];
        most = times > most ? times : most;
        all++;
    }
    return flash_erase(address, count, context);
}

int main(int count, char **words) {
    unsigned numbers[8] = {0};
    const char *geometry = words[1];
    for (int i = 0; i < 8 && count == 3; i++) {
        char *rest;
        numbers[i] = (unsigned)strtoul(geometry, &rest, 10);
        geometry = rest + 1;
    }
    const integrad_store_content content = {1, 2, numbers[7]};
    store.slots = numbers[0];
    store.slot_size = numbers[1] * numbers[2];
    store.erase_size = numbers[2];
    store.program_size = numbers[3];
    store.erased_value = (uint8_t)numbers[4];
    store.erase = count_and_erase;
    store.buffer = buffer;
    store.buffer_size = sizeof buffer;
    flash_begin(&flash, &store, 0);
    for (int saves = atoi(words[2]); saves > 0; saves--) {
        weights[0]++;
        if (integrad_store_save(NULL, &store, weights, &content, 0) != 0) {
            return 1;
        }
    }
    printf("%lu %lu %lu\n", (unsigned long)integrad_store_slot_bytes(content.size, numbers[3]), all,
           most);
    return 0;
}
