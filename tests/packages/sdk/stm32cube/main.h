/* What the example uses of a main.h of STM32CubeMX. */
#include "../../../store/declarations/main.h"

typedef struct {
    uint32_t IDR;
} GPIO_TypeDef;
typedef enum { GPIO_PIN_RESET, GPIO_PIN_SET } GPIO_PinState;
#define LD2_GPIO_Port ((GPIO_TypeDef *)0x48000000)
#define LD2_Pin 0x20
#define B1_GPIO_Port ((GPIO_TypeDef *)0x48000800)
#define B1_Pin 0x2000

GPIO_PinState HAL_GPIO_ReadPin(GPIO_TypeDef *port, uint16_t pin);
void HAL_GPIO_WritePin(GPIO_TypeDef *port, uint16_t pin, GPIO_PinState state);
