#include "backprop_requantise.h"

#include <string.h>

#include "backprop_rounding.h"

/* Elements whose largest magnitude is found before they are narrowed, while they are in the cache:
 * two loops that compilers vectorise, unlike one. */
enum { PART = 128 };

static inline uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t largest_of(const int32_t *sums, size_t count) {
    int32_t high = 0, low = 0;
    for (size_t i = 0; i < count; i++) {
        high = sums[i] > high ? sums[i] : high;
        low = sums[i] < low ? sums[i] : low;
    }
    return larger((uint32_t)high, magnitude_of(low));
}

static void narrow(int8_t *restrict out, const int32_t *restrict sums, size_t count,
                   int32_t shift) {
    const uint32_t half = half_of(shift);
    for (size_t i = 0; i < count; i++) {
        const uint32_t m = (magnitude_of(sums[i]) + half) >> shift;
        const int32_t cut = m > INT8_LIMIT ? INT8_LIMIT : (int32_t)m;
        out[i] = (int8_t)(sums[i] < 0 ? -cut : cut);
    }
}

/* At most PART elements. */
static uint32_t requantise_part(int8_t *out, const int32_t *sums, size_t count, int32_t shift) {
    if (shift < ALL_BITS) {
        narrow(out, sums, count, shift);
    } else {
        memset(out, 0, count);
    }
    return largest_of(sums, count);
}

uint32_t requantise(int8_t *out, const int32_t *sums, size_t count, int32_t shift) {
    uint32_t largest = 0;
    for (size_t at = 0; at < count; at += PART) {
        const size_t part = count - at < PART ? count - at : PART;
        largest = larger(requantise_part(out + at, sums + at, part, shift), largest);
    }
    return largest;
}

uint32_t requantise_where(int8_t *out, const int32_t *sums, const int8_t *x, size_t count,
                          int32_t shift) {
    uint32_t largest = 0;
    for (size_t at = 0; at < count; at += PART) {
        const size_t part = count - at < PART ? count - at : PART;
        int32_t counted[PART];
        for (size_t i = 0; i < part; i++) {
            counted[i] = x[at + i] > 0 ? sums[at + i] : 0;
        }
        largest = larger(requantise_part(out + at, counted, part, shift), largest);
    }
    return largest;
}

void activate_leaky(int8_t *x, size_t count, int32_t leak) {
    if (leak == 0) {
        for (size_t i = 0; i < count; i++) {
            x[i] = x[i] > 0 ? x[i] : 0;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = (int8_t)(x[i] > 0 ? x[i] : leaked(x[i], leak));
    }
}

void activate_leaky_backward(int8_t *restrict error, const int8_t *restrict y, size_t count,
                             int32_t leak) {
    if (leak == 0) {
        for (size_t i = 0; i < count; i++) {
            error[i] = y[i] > 0 ? error[i] : 0;
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        error[i] = (int8_t)(y[i] > 0 ? error[i] : leaked(error[i], leak));
    }
}
