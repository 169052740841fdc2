/* SPDX-License-Identifier: Apache-2.0 */
#include "integrad_test.h"

#include "window.h"

static window strokes;
static int8_t place;

static void begin(void) {
    strokes = (window){0};
    place = 0;
}

static bool add(int x) {
    return window_add(&strokes, (imu_reading){(int8_t)x, 0});
}

/* From rest, so many readings that all move. Returns whether one of them ends a stroke. */
static bool draw(uint16_t count) {
    bool has_ended = add(place);
    for (uint16_t i = 0; i < count; i++) {
        place = (int8_t)(place == 0 ? WINDOW_MOVES : 0);
        has_ended |= add(place);
    }
    return has_ended;
}

/* The wand trembles where it is. Returns after how many readings the stroke ends, or 0. */
static uint16_t rest(uint16_t count) {
    for (uint16_t i = 1; i <= count; i++) {
        if (add(place + i % WINDOW_MOVES)) {
            return i;
        }
    }
    return 0;
}

INTEGRAD_TEST(a_trembling_hand_draws_nothing) {
    begin();
    EXPECT_EQUAL(rest(500), 0);
    EXPECT_EQUAL(strokes.count, 0);
}

INTEGRAD_TEST(a_stroke_ends_when_the_wand_is_still) {
    begin();
    EXPECT(!draw(40));
    EXPECT_EQUAL(rest(500), WINDOW_STILL);
    EXPECT_EQUAL(strokes.length, 40);
}

INTEGRAD_TEST(a_short_rest_does_not_end_a_stroke) {
    begin();
    EXPECT(!draw(40));
    EXPECT_EQUAL(rest(WINDOW_STILL - 2), 0);
    EXPECT(!draw(1));
    EXPECT_EQUAL(rest(500), WINDOW_STILL);
    EXPECT_EQUAL(strokes.length, 40 + WINDOW_STILL);
}

INTEGRAD_TEST(a_knock_is_no_stroke) {
    begin();
    EXPECT(!draw(WINDOW_SHORTEST - 1));
    EXPECT_EQUAL(rest(500), 0);
    EXPECT(!draw(WINDOW_SHORTEST));
    EXPECT_EQUAL(rest(500), WINDOW_STILL);
}

INTEGRAD_TEST(what_takes_too_long_is_no_stroke) {
    enum { LONGEST = WINDOW_READINGS - WINDOW_STILL - 1 };
    begin();
    EXPECT(!draw(LONGEST));
    EXPECT_EQUAL(rest(500), WINDOW_STILL);
    EXPECT(!draw(LONGEST + 1));
    EXPECT_EQUAL(rest(500), 0);
}

INTEGRAD_TEST(a_sample_has_evenly_spaced_points_around_their_mean) {
    int8_t sample[2 * WINDOW_POINTS];
    begin();
    for (int i = 0; i < 2 * WINDOW_POINTS - 1; i++) {
        strokes.readings[i] = (imu_reading){(int8_t)(2 * i), 7};
    }
    strokes.length = 2 * WINDOW_POINTS - 1;
    window_sample(sample, &strokes);
    for (int i = 0; i < WINDOW_POINTS; i++) {
        EXPECT_EQUAL(sample[2 * i], 4 * i - 2 * (WINDOW_POINTS - 1));
        EXPECT_EQUAL(sample[2 * i + 1], 0);
    }
}

INTEGRAD_TEST(points_between_readings_are_rounded_towards_zero) {
    int8_t sample[2 * WINDOW_POINTS];
    begin();
    strokes.readings[1] = (imu_reading){WINDOW_POINTS / 2, -WINDOW_POINTS / 2};
    strokes.length = 2;
    window_sample(sample, &strokes);
    /* 16 i / 31, whose mean is 7.5 */
    EXPECT_EQUAL(sample[0], 0 - 7);
    EXPECT_EQUAL(sample[2 * 1], 0 - 7);
    EXPECT_EQUAL(sample[2 * 2], 1 - 7);
    EXPECT_EQUAL(sample[2 * 1 + 1], 0 + 7);
    EXPECT_EQUAL(sample[2 * 2 + 1], -1 + 7);
}

INTEGRAD_TEST(a_sample_is_limited_to_what_the_model_takes) {
    int8_t sample[2 * WINDOW_POINTS];
    begin();
    for (int i = 0; i < WINDOW_POINTS; i++) {
        strokes.readings[i] = (imu_reading){-127, 127};
    }
    strokes.readings[0] = (imu_reading){127, -127};
    strokes.length = WINDOW_POINTS;
    window_sample(sample, &strokes);
    EXPECT_EQUAL(sample[0], 127);
    EXPECT_EQUAL(sample[1], -127);
}

INTEGRAD_TESTS(a_trembling_hand_draws_nothing, a_stroke_ends_when_the_wand_is_still,
               a_short_rest_does_not_end_a_stroke, a_knock_is_no_stroke,
               what_takes_too_long_is_no_stroke,
               a_sample_has_evenly_spaced_points_around_their_mean,
               points_between_readings_are_rounded_towards_zero,
               a_sample_is_limited_to_what_the_model_takes)
