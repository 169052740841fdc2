/* What device/store/memories/zephyr.c uses of Zephyr. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct device;
struct flash_area {
    off_t fa_off;
    size_t fa_size;
};
#define FIXED_PARTITION_ID(label) 1

int flash_area_open(uint8_t id, const struct flash_area **area);
int flash_area_read(const struct flash_area *area, off_t offset, void *to, size_t count);
int flash_area_write(const struct flash_area *area, off_t offset, const void *from, size_t count);
int flash_area_erase(const struct flash_area *area, off_t offset, size_t count);
uint32_t flash_area_align(const struct flash_area *area);
uint8_t flash_area_erased_val(const struct flash_area *area);
const struct device *flash_area_get_device(const struct flash_area *area);
