/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

static bool is_far(int16_t a, int16_t b) {
    const int32_t distance = (int32_t)a - b;
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
static int16_t between(int16_t a, int16_t b, uint16_t part) {
    return (int16_t)((a * (int32_t)(INTERVALS - part) + b * (int32_t)part) / INTERVALS);
}

void window_sample(int16_t sample[2 * WINDOW_POINTS], const window *strokes) {
    int32_t sum_x = 0, sum_y = 0;
    for (uint16_t i = 0; i < WINDOW_POINTS; i++) {
        const uint16_t position = (uint16_t)(i * (strokes->length - 1));
        const uint16_t part = position % INTERVALS;
        const imu_reading *before = &strokes->readings[position / INTERVALS];
        const imu_reading *after = part == 0 ? before : before + 1;
        sample[2 * i] = between(before->x, after->x, part);
        sample[2 * i + 1] = between(before->y, after->y, part);
        sum_x += sample[2 * i];
        sum_y += sample[2 * i + 1];
    }
    for (uint16_t i = 0; i < WINDOW_POINTS; i++) {
        sample[2 * i] = (int16_t)(sample[2 * i] - sum_x / WINDOW_POINTS);
        sample[2 * i + 1] = (int16_t)(sample[2 * i + 1] - sum_y / WINDOW_POINTS);
    }
}
