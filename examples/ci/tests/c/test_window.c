/* SPDX-License-Identifier: Apache-2.0 */
#include "testing/integrad_test.h"

#include "window.h"

static window strokes;

static void begin(void) {
    strokes = (window){0};
}

static bool add(int16_t x, int16_t y) {
    return window_add(&strokes, (imu_reading){x, y});
}

/* A line to the right: the first reading, then `count` of them that move. */
static bool line(uint16_t count) {
    bool ended = add(0, 0);
    for (uint16_t i = 1; i <= count; i++) {
        ended |= add((int16_t)(i * WINDOW_MOVES), 0);
    }
    return ended;
}

/* The wand trembles where it is. Returns after how many readings the stroke ends, or 0. */
static uint16_t rest(int16_t x, uint16_t count) {
    for (uint16_t i = 1; i <= count; i++) {
        if (add((int16_t)(x + i % WINDOW_MOVES), 0)) {
            return i;
        }
    }
    return 0;
}

INTEGRAD_TEST(a_trembling_hand_draws_nothing) {
    begin();
    EXPECT_EQUAL(rest(100, 500), 0);
    EXPECT_EQUAL(strokes.count, 0);
}

INTEGRAD_TEST(a_stroke_ends_when_the_wand_is_still) {
    begin();
    EXPECT(!line(40));
    EXPECT_EQUAL(rest(40 * WINDOW_MOVES, 500), WINDOW_STILL);
    EXPECT_EQUAL(strokes.length, 40);
}

INTEGRAD_TEST(a_short_rest_does_not_end_a_stroke) {
    begin();
    EXPECT(!line(40));
    EXPECT_EQUAL(rest(40 * WINDOW_MOVES, WINDOW_STILL - 1), 0);
    EXPECT(!add(50 * WINDOW_MOVES, 0));
    EXPECT_EQUAL(rest(50 * WINDOW_MOVES, 500), WINDOW_STILL);
    EXPECT_EQUAL(strokes.length, 40 + WINDOW_STILL);
}

INTEGRAD_TEST(a_knock_is_no_stroke) {
    begin();
    (void)line(WINDOW_SHORTEST - 1);
    EXPECT_EQUAL(rest((WINDOW_SHORTEST - 1) * WINDOW_MOVES, 500), 0);
    (void)line(WINDOW_SHORTEST);
    EXPECT_EQUAL(rest(WINDOW_SHORTEST * WINDOW_MOVES, 500), WINDOW_STILL);
}

INTEGRAD_TEST(what_takes_too_long_is_no_stroke) {
    const uint16_t longest = WINDOW_READINGS - WINDOW_STILL - 1;
    begin();
    EXPECT(!line(longest));
    EXPECT_EQUAL(rest((int16_t)(longest * WINDOW_MOVES), 500), WINDOW_STILL);
    EXPECT(!line(longest + 1));
    EXPECT_EQUAL(rest((int16_t)((longest + 1) * WINDOW_MOVES), 500), 0);
}

INTEGRAD_TEST(a_sample_has_evenly_spaced_points_around_their_mean) {
    int16_t sample[2 * WINDOW_POINTS];
    begin();
    for (int16_t i = 0; i < 2 * WINDOW_POINTS - 1; i++) {
        strokes.readings[i] = (imu_reading){(int16_t)(10 * i), 7};
    }
    strokes.length = 2 * WINDOW_POINTS - 1;
    window_sample(sample, &strokes);
    for (int16_t i = 0; i < WINDOW_POINTS; i++) {
        EXPECT_EQUAL(sample[2 * i], 20 * i - 10 * (WINDOW_POINTS - 1));
        EXPECT_EQUAL(sample[2 * i + 1], 0);
    }
}

INTEGRAD_TEST(points_between_readings_are_rounded_towards_zero) {
    int16_t sample[2 * WINDOW_POINTS];
    begin();
    strokes.readings[1] = (imu_reading){WINDOW_POINTS - 1, 1 - WINDOW_POINTS};
    strokes.length = 2;
    window_sample(sample, &strokes);
    /* 0 to 31 and 0 to -31, whose means are 15.5 and -15.5 */
    for (int16_t i = 0; i < WINDOW_POINTS; i++) {
        EXPECT_EQUAL(sample[2 * i], i - 15);
        EXPECT_EQUAL(sample[2 * i + 1], 15 - i);
    }
}

INTEGRAD_TESTS(a_trembling_hand_draws_nothing, a_stroke_ends_when_the_wand_is_still,
               a_short_rest_does_not_end_a_stroke, a_knock_is_no_stroke,
               what_takes_too_long_is_no_stroke,
               a_sample_has_evenly_spaced_points_around_their_mean,
               points_between_readings_are_rounded_towards_zero)
