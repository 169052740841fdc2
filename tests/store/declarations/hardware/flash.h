/* What device/store/memories/rp2040.c uses of the Pico SDK. */
#include <stddef.h>
#include <stdint.h>

#define FLASH_PAGE_SIZE (1u << 8)
#define FLASH_SECTOR_SIZE (1u << 12)
#define XIP_BASE 0x10000000u
#define PICO_FLASH_SIZE_BYTES (2 * 1024 * 1024)

void flash_range_erase(uint32_t offset, size_t count);
void flash_range_program(uint32_t offset, const uint8_t *data, size_t count);
