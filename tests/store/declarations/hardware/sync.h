/* What device/store/memories/rp2040.c uses of the Pico SDK. */
#include <stdint.h>

uint32_t save_and_disable_interrupts(void);
void restore_interrupts(uint32_t status);
