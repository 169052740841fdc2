/* What device/store/memories/cmsis_driver.c uses of CMSIS-Driver. */
#include <stddef.h>
#include <stdint.h>

typedef enum { ARM_POWER_OFF, ARM_POWER_LOW, ARM_POWER_FULL } ARM_POWER_STATE;
typedef void (*ARM_Flash_SignalEvent_t)(uint32_t event);
typedef struct {
    uint32_t start, end;
} const ARM_FLASH_SECTOR;
typedef struct {
    ARM_FLASH_SECTOR *sector_info;
    uint32_t sector_count, sector_size, page_size, program_unit;
    uint8_t erased_value;
} const ARM_FLASH_INFO;
typedef struct {
    uint32_t busy : 1;
    uint32_t error : 1;
} ARM_FLASH_STATUS;
typedef struct {
    uint32_t event_ready : 1;
    uint32_t data_width : 2;
    uint32_t erase_chip : 1;
} ARM_FLASH_CAPABILITIES;
typedef struct {
    ARM_FLASH_CAPABILITIES (*GetCapabilities)(void);
    int32_t (*Initialize)(ARM_Flash_SignalEvent_t event);
    int32_t (*PowerControl)(ARM_POWER_STATE state);
    int32_t (*ReadData)(uint32_t address, void *data, uint32_t count);
    int32_t (*ProgramData)(uint32_t address, const void *data, uint32_t count);
    int32_t (*EraseSector)(uint32_t address);
    ARM_FLASH_STATUS (*GetStatus)(void);
    ARM_FLASH_INFO *(*GetInfo)(void);
} const ARM_DRIVER_FLASH;
