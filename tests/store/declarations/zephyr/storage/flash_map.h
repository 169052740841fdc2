/* What device/store/memories/zephyr.c uses of Zephyr. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct flash_area;
#define FIXED_PARTITION_ID(label) 1

int flash_area_open(uint8_t id, const struct flash_area **area);
int flash_area_read(const struct flash_area *area, off_t offset, void *to, size_t count);
int flash_area_write(const struct flash_area *area, off_t offset, const void *from, size_t count);
int flash_area_erase(const struct flash_area *area, off_t offset, size_t count);
