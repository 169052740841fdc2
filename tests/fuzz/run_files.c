/* Runs a fuzz target on files, without a fuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **paths) {
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
            return 2;
        }
        const size_t size = (size_t)ftell(file);
        uint8_t *data = malloc(size + 1);
        rewind(file);
        if (data == NULL || fread(data, 1, size, file) != size) {
            return 2;
        }
        fclose(file);
        printf("%s\n", paths[i]);
        fflush(stdout);
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    return 0;
}
