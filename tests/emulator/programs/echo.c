/* Reads a length, then that many bytes, in pieces; writes them back with the CRC-32 of both. */
#include "checksum.h"
#include "transport.h"

int main(void) {
    uint8_t piece[100];
    uint32_t left;
    uint32_t crc = 0;
    if (integrad_read(&left, sizeof left) != 0) {
        return 1;
    }
    crc = integrad_crc32(crc, &left, sizeof left);
    while (left > 0) {
        uint32_t now = left < sizeof piece ? left : (uint32_t)sizeof piece;
        if (integrad_read(piece, (size_t)now) != 0) {
            return 2;
        }
        crc = integrad_crc32(crc, piece, (size_t)now);
        if (integrad_write(piece, (size_t)now) != 0) {
            return 3;
        }
        left -= now;
    }
    return integrad_write(&crc, sizeof crc) == 0 ? 0 : 4;
}
