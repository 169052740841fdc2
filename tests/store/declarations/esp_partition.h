/* What device/store/memories/esp_partition.c uses of ESP-IDF. */
#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;
#define ESP_OK 0
typedef enum { ESP_PARTITION_TYPE_DATA = 1 } esp_partition_type_t;
typedef enum { ESP_PARTITION_SUBTYPE_ANY = 0xff } esp_partition_subtype_t;
typedef struct {
    uint32_t size;
    uint32_t erase_size;
} esp_partition_t;

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype, const char *label);
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t from, void *to, size_t count);
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t to, const void *from,
                              size_t count);
esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t first, size_t count);
