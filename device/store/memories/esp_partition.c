/* SPDX-License-Identifier: 0BSD */
/*
 * The weight store in a data partition of ESP-IDF 5.1 or later (component esp_partition), the one
 * with the label LABEL in the partition table, which the slots share evenly. Units of 16 bytes suit
 * encrypted partitions, too. Not tried on hardware.
 */
#include "esp_partition.h"
#include "integrad/store.h"

#define LABEL "weights"

enum { SLOTS = 2, UNIT = 16, BUFFER = 64 };

static const esp_partition_t *partition;

static int read_partition(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    return esp_partition_read(partition, address, bytes, count) == ESP_OK ? 0 : -1;
}

static int program_partition(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    return esp_partition_write(partition, address, bytes, count) == ESP_OK ? 0 : -1;
}

static int erase_partition(uint32_t address, uint32_t count, void *context) {
    (void)context;
    return esp_partition_erase_range(partition, address, count) == ESP_OK ? 0 : -1;
}

static uint32_t buffer[BUFFER / 4];

integrad_store flash_store = {.read = read_partition,
                              .program = program_partition,
                              .erase = erase_partition,
                              .slots = SLOTS,
                              .program_size = UNIT,
                              .erased_value = 0xFF,
                              .buffer = buffer,
                              .buffer_size = sizeof buffer};

/* Returns 0, or -1 if there is no such partition. Call once, before anything is loaded. */
int open_flash_store(void) {
    partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, LABEL);
    if (partition == NULL) {
        return -1;
    }
    flash_store.erase_size = partition->erase_size;
    flash_store.slot_size = partition->size / SLOTS / partition->erase_size * partition->erase_size;
    return 0;
}
