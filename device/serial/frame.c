/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "checksum.h"

enum { LONGEST_RUN = 254, NO_ZERO = 255 };

static void append(integrad_frame *f, uint8_t byte) {
    if (f->count < f->size) {
        f->bytes[f->count++] = byte;
    } else {
        f->broken = 1;
    }
}

static int crc_is_right(const integrad_frame *f) {
    const uint16_t contents = (uint16_t)(f->count - INTEGRAD_FRAME_CRC_BYTES);
    const uint32_t crc = integrad_crc32(0, f->bytes, contents);
    for (size_t i = 0; i < INTEGRAD_FRAME_CRC_BYTES; i++) {
        if (f->bytes[contents + i] != (uint8_t)(crc >> (8 * i) & 0xFFu)) {
            return 0;
        }
    }
    return 1;
}

/* At a zero byte. */
static int finished(integrad_frame *f) {
    int result = INTEGRAD_FRAME_UNFINISHED;
    if (f->count > 0 || f->left > 0 || f->zero || f->broken) {
        const int whole = f->left == 0 && !f->broken && f->count >= INTEGRAD_FRAME_CRC_BYTES;
        result = whole && crc_is_right(f) ? INTEGRAD_FRAME_COMPLETE : INTEGRAD_FRAME_DAMAGED;
    }
    if (result == INTEGRAD_FRAME_COMPLETE) {
        f->count = (uint16_t)(f->count - INTEGRAD_FRAME_CRC_BYTES);
    } else {
        f->count = 0;
    }
    f->left = 0;
    f->zero = 0;
    f->broken = 0;
    return result;
}

int integrad_frame_take(integrad_frame *frame, uint8_t byte) {
    if (byte == 0) {
        return finished(frame);
    }
    if (frame->left > 0) {
        append(frame, byte);
        frame->left--;
    } else {
        if (frame->zero) {
            append(frame, 0);
        }
        frame->left = (uint8_t)(byte - 1);
        frame->zero = byte != NO_ZERO;
    }
    return INTEGRAD_FRAME_UNFINISHED;
}

void integrad_frame_send(uint8_t *bytes, size_t count,
                         void (*send)(void *context, const void *bytes, size_t count),
                         void *context) {
    const uint32_t crc = integrad_crc32(0, bytes, count);
    for (size_t i = 0; i < INTEGRAD_FRAME_CRC_BYTES; i++) {
        bytes[count++] = (uint8_t)(crc >> (8 * i) & 0xFFu);
    }
    const uint8_t zero = 0;
    send(context, &zero, 1);
    for (;;) {
        size_t run = 0;
        while (run < count && run < LONGEST_RUN && bytes[run] != 0) {
            run++;
        }
        const uint8_t code = (uint8_t)(run + 1);
        send(context, &code, 1);
        if (run > 0) {
            send(context, bytes, run);
        }
        if (run == count) {
            break;
        }
        run += run < LONGEST_RUN; /* the zero byte that the code stands for */
        bytes += run;
        count -= run;
    }
    send(context, &zero, 1);
}
