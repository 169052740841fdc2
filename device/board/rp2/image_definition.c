/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot ROM of the RP2350 looks for in the first 4 KB of flash: a program for the Arm cores
 * in the secure state, which begins with the vector table at the start of flash. */
#include <stdint.h>

#include "board_config.h"

#if BOARD_CHIP == 2350

enum { WORDS = 5 };

extern const uint32_t integrad_image_definition[WORDS];
const uint32_t integrad_image_definition[WORDS]
    __attribute__((section(".image_definition"), used)) = {
        0xFFFFDED3u, /* marks the beginning */
        0x10210142u, /* item 0x42, one word: executable, Arm, secure, RP2350 */
        0x000001FFu, /* last item: one word came before */
        0x00000000u, /* the next block is this one: there are no others */
        0xAB123579u, /* marks the end */
};

#endif
