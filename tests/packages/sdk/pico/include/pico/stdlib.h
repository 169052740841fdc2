/* What the example uses of the Pico SDK. */
#include <stdbool.h>
#include <stdint.h>

typedef unsigned int uint;
enum { GPIO_IN = 0 };

bool stdio_init_all(void);
void sleep_ms(uint32_t ms);
void gpio_init(uint pin);
void gpio_set_dir(uint pin, bool out);
void gpio_pull_up(uint pin);
bool gpio_get(uint pin);
