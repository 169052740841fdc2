/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames on a line that may lose, change and add bytes: COBS encoding between zero bytes, with a
 * CRC-32 at the end of the contents. Whatever arrived before, a receiver is in step again after the
 * next zero byte.
 */
#ifndef INTEGRAD_FRAME_H
#define INTEGRAD_FRAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { INTEGRAD_FRAME_CRC_BYTES = 4 };

enum {
    INTEGRAD_FRAME_UNFINISHED = 0, /* more bytes are required */
    INTEGRAD_FRAME_COMPLETE = 1,   /* the contents are in the buffer */
    INTEGRAD_FRAME_DAMAGED = 2     /* what arrived since the last zero byte is no frame */
};

/* What has been received of a frame. All members are 0 at first, except for the buffer. */
typedef struct {
    uint8_t *bytes; /* contents with their CRC-32 */
    uint16_t size;  /* of the buffer; longer frames are damaged */
    uint16_t count; /* bytes of contents; after COMPLETE without the CRC-32 */
    uint8_t left;   /* bytes of the block that are still to come */
    uint8_t zero;   /* whether a zero byte separates the block from the next one */
    uint8_t broken; /* whether the frame is too long */
} integrad_frame;

/* Takes one received byte. After COMPLETE, the caller sets `count` to 0 before the next byte. */
int integrad_frame_take(integrad_frame *frame, uint8_t byte);

/*
 * Sends `count` bytes of contents as a frame, between two zero bytes. There must be space for the
 * CRC-32 behind them.
 */
void integrad_frame_send(uint8_t *bytes, size_t count,
                         void (*send)(void *context, const void *bytes, size_t count),
                         void *context);

#ifdef __cplusplus
}
#endif

#endif
