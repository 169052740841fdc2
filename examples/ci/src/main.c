/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wand that recognises the digits which somebody draws with it in the air, and learns how a new
 * user draws them.
 *
 * The main loop cuts strokes out of the readings of the sensor, classifies each and announces what
 * it was: as a line of text for people, and as a frame for `integrad monitor`. Between readings, it
 * answers the serial protocol, by which a host teaches the wand and makes it save what it learnt.
 *
 * board.h is integrad's interface to boards and to emulated cores.
 */
#include "board.h"

#include "gesture_serial.h"
#include "gesture_store.h"

#include "imu.h"
#include "window.h"

static gesture_weights weights;
static union {
    gesture_serial_scratch scratch;
    /* For weights that arrive from a host; their CRC-32 tells whether a stroke came between. */
    gesture_weights spare;
} memory;
static gesture_serial serial;
static window strokes;

static void send_bytes(void *context, const void *bytes, size_t count) {
    (void)context;
    integrad_board_send(bytes, count);
}

static void start_again(void *context) {
    (void)context;
    integrad_board_reset();
}

static const integrad_serial_port port = {
    .send = send_bytes,
    .reset = start_again,
    .store = &integrad_board_store,
};

static void say(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    integrad_board_send(text, length);
}

/* Not inlined, so that a test can count its instructions. */
__attribute__((noinline)) static void recognise(void) {
    gesture_raw sample[GESTURE_INPUTS];
    int8_t x[GESTURE_INPUTS], scores[GESTURE_CLASSES];
    window_sample(sample, &strokes);
    gesture_normalise(x, sample);
    const int digit = gesture_predict(scores, &weights, x, &memory.scratch.inference);
    say("gesture: ");
    say(gesture_class_names[digit]);
    say("\r\n");
    gesture_serial_announce(&serial, digit, scores);
}

int main(void) {
    integrad_board_start();
    integrad_store_info info = {0, 0, 0, 0};
    (void)gesture_load(&weights, &info, &integrad_board_store);
    gesture_serial_start(&serial, &weights, &memory.spare, &memory.scratch, &port);
    serial.line.steps = info.steps;
    say("ready\r\n");

    for (;;) {
        const int byte = integrad_board_receive();
        if (byte >= 0) {
            gesture_serial_receive(&serial, (uint8_t)byte);
            imu_receive((uint8_t)byte);
        }
        imu_reading reading;
        if (imu_read(&reading) && window_add(&strokes, reading)) {
            recognise();
        }
    }
}
