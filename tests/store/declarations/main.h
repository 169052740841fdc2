/* What device/store/memories/stm32_hal.c uses of the HAL of an STM32L4. */
#include <stddef.h>
#include <stdint.h>

#define FLASH_BASE 0x08000000UL
#define FLASH_PAGE_SIZE 0x800U
#define FLASH_TYPEPROGRAM_DOUBLEWORD 0U
#define FLASH_TYPEERASE_PAGES 0U
#define FLASH_BANK_1 1U

typedef enum { HAL_OK, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;
typedef struct {
    uint32_t TypeErase, Banks, Page, NbPages;
} FLASH_EraseInitTypeDef;

HAL_StatusTypeDef HAL_FLASH_Unlock(void);
HAL_StatusTypeDef HAL_FLASH_Lock(void);
HAL_StatusTypeDef HAL_FLASH_Program(uint32_t type, uint32_t address, uint64_t data);
HAL_StatusTypeDef HAL_FLASHEx_Erase(FLASH_EraseInitTypeDef *erase, uint32_t *failed);
