/* Stands for the serial port of a board. */
#include <stddef.h>
#include <unistd.h>

void integrad_board_send(const void *bytes, size_t count);

void integrad_board_send(const void *bytes, size_t count) {
    if (write(STDOUT_FILENO, bytes, count) < 0) {
        _exit(9);
    }
}
