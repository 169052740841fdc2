/* What the sample uses of Zephyr, on a board with a button. */
#include <stdint.h>

#define DT_ALIAS(name) name
#define DT_NODE_HAS_STATUS(node, status) 1
#define GPIO_DT_SPEC_GET(node, property) {0}
#define GPIO_INPUT 1

struct gpio_dt_spec {
    int pin;
};

int gpio_pin_configure_dt(const struct gpio_dt_spec *spec, uint32_t flags);
int gpio_pin_get_dt(const struct gpio_dt_spec *spec);
