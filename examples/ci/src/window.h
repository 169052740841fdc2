/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts strokes out of the readings of the sensor: from the first movement until the wand has been
 * still for a while. A hand is never quite still, so that only a distance of WINDOW_MOVES from
 * where the wand last moved to counts as a movement.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include "imu.h"

enum {
    WINDOW_MOVES = 3,      /* units of the sensor */
    WINDOW_STILL = 20,     /* readings without a movement that end a stroke */
    WINDOW_SHORTEST = 12,  /* readings; fewer are a knock at the table */
    WINDOW_READINGS = 160, /* at most, those at the end included; what takes longer is no stroke */
    WINDOW_POINTS = 32     /* of a sample, evenly spaced in time */
};

/* All members are 0 at first. */
typedef struct {
    imu_reading anchor; /* where the wand last moved to */
    bool has_anchor;
    uint16_t count;  /* readings since the stroke began */
    uint16_t still;  /* of these, without a movement, at the end */
    uint16_t length; /* readings of the last stroke that ended */
    imu_reading readings[WINDOW_READINGS];
} window;

/* Takes a reading. Returns whether it ends a stroke, which window_sample() then reads. */
bool window_add(window *strokes, imu_reading reading);

/* The stroke as the model expects it: x and y of each point, relative to their means and limited to
 * +-127. */
void window_sample(int8_t sample[2 * WINDOW_POINTS], const window *strokes);

#endif
