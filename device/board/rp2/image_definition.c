/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot ROM of the RP2350 looks for in the first 4 KB of flash: a program for the Arm cores
 * in the secure state, which begins with the vector table at the start of flash; or one for the
 * RISC-V cores, with its entry point. The ROM restarts the chip with the other cores if needed. */
#include <stdint.h>

#include "board_config.h"

#if BOARD_CHIP == 2350

#define BEGIN 0xFFFFDED3u
#define END 0xAB123579u

#if defined(__riscv)

typedef struct {
    uint32_t begin, image_type, entry_point;
    void (*pc)(void);
    uint32_t *sp;
    uint32_t last, next, end;
} image_definition;

void integrad_reset(void);            /* in start.c */
extern uint32_t integrad_stack_top[]; /* in the linker script */

extern const image_definition integrad_image_definition;
const image_definition integrad_image_definition
    __attribute__((section(".image_definition"), used)) = {
        .begin = BEGIN,
        .image_type = 0x11010142u,  /* item 0x42, one word: executable, RISC-V, RP2350 */
        .entry_point = 0x00000344u, /* item 0x44, three words with the two that follow */
        .pc = integrad_reset,
        .sp = integrad_stack_top,
        .last = 0x000004FFu, /* last item: four words came before */
        .next = 0,           /* the next block is this one: there are no others */
        .end = END,
};

#else

enum { WORDS = 5 };

extern const uint32_t integrad_image_definition[WORDS];
const uint32_t integrad_image_definition[WORDS]
    __attribute__((section(".image_definition"), used)) = {
        BEGIN,       0x10210142u, /* item 0x42, one word: executable, Arm, secure, RP2350 */
        0x000001FFu,              /* last item: one word came before */
        0x00000000u,              /* the next block is this one: there are no others */
        END,
};

#endif

#endif
