/* Copies, moves, fills and compares with every small offset and length; ends with the number of the
 * first check that fails. Also: initialised and zeroed variables are what C promises. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

enum { SIZE = 32 };

static uint8_t area[3 * SIZE];
static volatile uint32_t initialised = 0x12345678u;
static volatile uint32_t zeroed[5];

/* Puts 1, 2, 3, ... into the area. */
static void number(void) {
    for (size_t i = 0; i < sizeof area; i++) {
        area[i] = (uint8_t)(i + 1);
    }
}

/* Whether the area holds its numbers, but for `count` bytes at `at`, which hold those from `from`.
 */
static int is_moved(size_t at, size_t from, size_t count) {
    for (size_t i = 0; i < sizeof area; i++) {
        size_t expected = i >= at && i < at + count ? i - at + from : i;
        if (area[i] != (uint8_t)(expected + 1)) {
            return 0;
        }
    }
    return 1;
}

static int is_filled(size_t at, size_t count, uint8_t value) {
    for (size_t i = 0; i < sizeof area; i++) {
        uint8_t expected = i >= at && i < at + count ? value : (uint8_t)(i + 1);
        if (area[i] != expected) {
            return 0;
        }
    }
    return 1;
}

static int check(size_t to, size_t from, size_t count) {
    number();
    (void)memcpy(area + 2 * SIZE + to, area + from, count);
    if (!is_moved(2 * SIZE + to, from, count)) {
        return 3;
    }
    number();
    (void)memmove(area + SIZE + to, area + SIZE + from, count);
    if (!is_moved(SIZE + to, SIZE + from, count)) {
        return 4;
    }
    number();
    (void)memset(area + SIZE + to, 0x1A5, count);
    return is_filled(SIZE + to, count, 0xA5) ? 0 : 5;
}

int main(void) {
    if (initialised != 0x12345678u) {
        return 1;
    }
    for (size_t i = 0; i < 5; i++) {
        if (zeroed[i] != 0) {
            return 2;
        }
    }
    for (size_t to = 0; to < 6; to++) {
        for (size_t from = 0; from < 6; from++) {
            for (size_t count = 0; count < 20; count++) {
                int failed = check(to, from, count);
                if (failed != 0) {
                    return failed;
                }
            }
        }
    }
    number();
    int equal = memcmp(area, area, SIZE);
    return equal == 0 && memcmp(area, area + 1, SIZE) < 0 && memcmp(area + 1, area, SIZE) > 0 ? 0
                                                                                              : 6;
}
