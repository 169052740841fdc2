/* Saves version after version in a file, until it is killed. Prints the version that it found. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "integrad/store.h"

enum { SIZE = 100000 };

integrad_store file_store(int *file, uint8_t buffer[64]);

int main(int count, char **arguments) {
    static uint8_t weights[SIZE], buffer[64];
    const integrad_store_content content = {1, 2, SIZE};
    integrad_store_info info = {0, 0, 0, 0};
    int file = count > 1 ? open(arguments[1], O_RDWR | O_CREAT, 0600) : -1;
    const integrad_store store = file_store(&file, buffer);
    const int result = integrad_store_load(weights, &info, &store, &content);
    if (result < 0) {
        return 1;
    }
    for (size_t i = 0; i < SIZE && result != INTEGRAD_STORE_FACTORY; i++) {
        if (weights[i] != (uint8_t)(info.steps * 7 + i)) {
            return 2;
        }
    }
    printf("%u\n", (unsigned)info.steps);
    fflush(stdout);
    for (uint32_t version = info.steps + 1;; version++) {
        for (size_t i = 0; i < SIZE; i++) {
            weights[i] = (uint8_t)(version * 7 + i);
        }
        if (integrad_store_save(NULL, &store, weights, &content, version) != 0) {
            return 3;
        }
        printf("%u\n", (unsigned)version);
        fflush(stdout);
    }
}
