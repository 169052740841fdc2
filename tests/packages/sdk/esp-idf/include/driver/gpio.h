/* What the example uses of ESP-IDF. */
typedef enum { GPIO_NUM_9 = 9 } gpio_num_t;
typedef enum { GPIO_MODE_INPUT = 1 } gpio_mode_t;

int gpio_reset_pin(gpio_num_t pin);
int gpio_set_direction(gpio_num_t pin, gpio_mode_t mode);
int gpio_pullup_en(gpio_num_t pin);
int gpio_get_level(gpio_num_t pin);
