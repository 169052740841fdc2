/* SPDX-License-Identifier: Apache-2.0 */
#include "imu.h"

#include "integrad/frame.h"

/*
 * A reading arrives as a frame of four bytes. The first two are 1, the version of integrad's serial
 * protocol, and a kind of frame that this protocol ignores, so that both can share the port. Then
 * follow x and y.
 */
enum { VERSION = 1, KIND = 0xE0, READING_BYTES = 4 };

static uint8_t bytes[READING_BYTES + INTEGRAD_FRAME_CRC_BYTES];
static integrad_frame frame = {.bytes = bytes, .size = sizeof bytes};
static imu_reading latest;
static bool is_new;

void imu_receive(uint8_t byte) {
    if (integrad_frame_take(&frame, byte) != INTEGRAD_FRAME_COMPLETE) {
        return;
    }
    if (frame.count == READING_BYTES && bytes[0] == VERSION && bytes[1] == KIND) {
        latest.x = (int8_t)bytes[2];
        latest.y = (int8_t)bytes[3];
        is_new = true;
    }
    frame.count = 0;
}

bool imu_read(imu_reading *reading) {
    const bool was_new = is_new;
    is_new = false;
    *reading = latest;
    return was_new;
}
