/* A mutator of libFuzzer that makes the checksums of the store right again after every change. */
#include <stdint.h>
#include <string.h>

#include "checksum.h"

enum { HEAD = 3, HEADER = 48, CHECKED = 44, WEIGHTS_CRC = 20, SIZE = 16 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static void put(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 5 == 0) {
        return size;
    }
    for (size_t at = HEAD; at + HEADER <= size; at++) {
        uint8_t *header = data + at;
        if (memcmp(header, "iSTO", 4) != 0) {
            continue;
        }
        seed = seed * 1103515245u + 12345u;
        /* All saves are of one program, and of weights that are there, more often than not. */
        const uint32_t unit = 8u << (seed >> 16 & 1u);
        const size_t begin = at + (HEADER + unit - 1) / unit * unit + unit;
        if (seed >> 17 & 3u) {
            memcpy(header + 8, "\1\0\0\0\2\0\0\0\44\0\0\0", 12);
        }
        if ((seed >> 20 & 3u) && begin <= size && get(header + SIZE) <= size - begin) {
            put(header + WEIGHTS_CRC, integrad_crc32(0, data + begin, get(header + SIZE)));
        }
        put(header + CHECKED, integrad_crc32(0, header, CHECKED));
    }
    return size;
}
