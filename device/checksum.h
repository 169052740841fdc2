/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 as in zlib, gzip and PNG (polynomial 0x04C11DB7, reflected).
 *
 *     uint32_t crc = 0;
 *     crc = integrad_crc32(crc, first, sizeof first);
 *     crc = integrad_crc32(crc, second, sizeof second);
 *
 * computes the checksum of both arrays in succession, like zlib.crc32(second, zlib.crc32(first)).
 */
#ifndef INTEGRAD_CHECKSUM_H
#define INTEGRAD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t integrad_crc32(uint32_t crc, const void *bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif
