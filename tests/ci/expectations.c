/* Every expectation of integrad_test.h: fulfilled, and failed. */
#include "integrad_test.h"

enum colour { RED, GREEN };

static int clip(int32_t value) {
    return value > 127 ? 127 : (int)value;
}

static int8_t lowest(void) {
    return -128;
}

INTEGRAD_TEST(passes) {
    EXPECT(clip(3) == 3);
    EXPECT_EQUAL(clip(200), 127);
    EXPECT_EQUAL(lowest(), -128);
    EXPECT_EQUAL(GREEN, 1u);
    EXPECT_EQUAL(clip(3) == 3, 1);
    EXPECT_EQUAL(INT64_MIN, INT64_MIN);
    EXPECT_NEAR(clip(100), 103, 3);
    EXPECT_BYTES("abc", "abd", 2);
    EXPECT_TEXT("abc", "abc");
    ASSERT(RED == 0);
}

INTEGRAD_TEST(fails) {
    const uint8_t bytes[] = {1, 2, 255};
    EXPECT(clip(3) == 4);
    EXPECT_EQUAL(clip(200), -128);
    EXPECT_EQUAL(INT64_MIN, INT64_MAX);
    EXPECT_EQUAL((uint32_t)0xFFFFFFFFu, -1);
    EXPECT_NEAR(clip(100), 104, 3);
    EXPECT_BYTES(bytes, "\1\2\3", 3);
    EXPECT_TEXT("abc", "abcd");
    ASSERT(clip(1) == 2);
    EXPECT(0);
}

INTEGRAD_TEST(fails_often) {
    for (int i = 0; i < 10; i++) {
        EXPECT_EQUAL(i, -1);
    }
}

INTEGRAD_TEST(skipped) {
    SKIP("no sensor");
}

INTEGRAD_TESTS(passes, fails, fails_often, skipped)
