/* Prints once, or without end if the session begins with another byte than 0. */
#include "bare_metal/semihosting.h"
#include "transport.h"

int main(void) {
    uint8_t forever;
    if (integrad_read(&forever, 1) != 0) {
        return 1;
    }
    do {
        semihosting_print("hello\n");
    } while (forever);
    return 0;
}
