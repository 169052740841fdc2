/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

static bool is_far(int8_t a, int8_t b) {
    const int distance = a - b;
    return distance >= WINDOW_MOVES || distance <= -WINDOW_MOVES;
}

/* Whether the wand has moved. The first reading only says where it is. */
static bool has_moved(window *strokes, imu_reading reading) {
    if (!strokes->has_anchor) {
        strokes->anchor = reading;
        strokes->has_anchor = true;
        return false;
    }
    if (!is_far(reading.x, strokes->anchor.x) && !is_far(reading.y, strokes->anchor.y)) {
        return false;
    }
    strokes->anchor = reading;
    return true;
}

bool window_add(window *strokes, imu_reading reading) {
    const bool moved = has_moved(strokes, reading);
    if (!moved && strokes->count == 0) {
        return false;
    }
    if (strokes->count < WINDOW_READINGS) {
        strokes->readings[strokes->count++] = reading;
    }
    strokes->still = moved ? 0 : (uint16_t)(strokes->still + 1);
    if (strokes->still < WINDOW_STILL) {
        return false;
    }
    const bool is_too_long = strokes->count == WINDOW_READINGS;
    strokes->length = (uint16_t)(strokes->count - strokes->still);
    strokes->count = 0;
    return !is_too_long && strokes->length >= WINDOW_SHORTEST;
}

enum { INTERVALS = WINDOW_POINTS - 1 };

/* A part of the way from a to b, in INTERVALS, rounded towards zero. */
static int8_t between(int8_t a, int8_t b, int part) {
    return (int8_t)((a * (INTERVALS - part) + b * part) / INTERVALS);
}

static int8_t limited(int value) {
    return (int8_t)(value > INT8_MAX ? INT8_MAX : value < -INT8_MAX ? -INT8_MAX : value);
}

void window_sample(int8_t sample[2 * WINDOW_POINTS], const window *strokes) {
    int sum_x = 0, sum_y = 0;
    for (int i = 0; i < WINDOW_POINTS; i++) {
        const int position = i * (strokes->length - 1);
        const int part = position % INTERVALS;
        const imu_reading *before = &strokes->readings[position / INTERVALS];
        const imu_reading *after = part == 0 ? before : before + 1;
        sample[2 * i] = between(before->x, after->x, part);
        sample[2 * i + 1] = between(before->y, after->y, part);
        sum_x += sample[2 * i];
        sum_y += sample[2 * i + 1];
    }
    for (int i = 0; i < WINDOW_POINTS; i++) {
        sample[2 * i] = limited(sample[2 * i] - sum_x / WINDOW_POINTS);
        sample[2 * i + 1] = limited(sample[2 * i + 1] - sum_y / WINDOW_POINTS);
    }
}
