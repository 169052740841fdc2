/* Tiles of a matrix product, whose sums stay in registers. */
#ifndef INTEGRAD_TILES_H
#define INTEGRAD_TILES_H

#include <stddef.h>

#include "vectors.h"

/* Number of rows of a tile. COLUMNS: 32-bit sums in a vector. */
enum { TILE = 6, COLUMNS = LANES / 2 };

/* a[i], b[i] += values `begin` to `end` of a run of patch i times those of two rows of weights. */
static inline __attribute__((always_inline)) void
add_products(vector a[TILE], vector b[TILE], const int16_t *const patch[TILE], size_t from,
             const int16_t *first, const int16_t *second, int begin, int end) {
    for (int k = begin; k < end; k += LANES) {
        const vector u = vector_hold(vector_load(first + k));
        const vector v = vector_hold(vector_load(second + k));
        for (int i = 0; i < TILE; i++) {
            const vector x = vector_hold(vector_load(patch[i] + from + k));
            a[i] = vector_hold(vector_multiply_add(a[i], x, u));
            b[i] = vector_hold(vector_multiply_add(b[i], x, v));
        }
    }
}

/*
 * z[i * pitch], z[i * pitch + 1] = patch i times two rows of weights, for TILE patches. length: of
 * the runs of a patch, a multiple of LANES.
 */
static inline void product_tile(int32_t *z, size_t pitch, const int16_t *const patch[TILE],
                                size_t row_step, const int16_t *first, const int16_t *second,
                                int rows, int length) {
    vector a[TILE], b[TILE];
    for (int i = 0; i < TILE; i++) {
        a[i] = b[i] = vector_zero();
    }
    for (int row = 0; row < rows; row++) {
        add_products(a, b, patch, (size_t)row * row_step, first, second, 0, length);
        first += length;
        second += length;
    }
    for (int i = 0; i < TILE; i += 2) {
        int32_t sums[4];
        vector_sums(sums, a[i], b[i], a[i + 1], b[i + 1]);
        memcpy(z + (size_t)i * pitch, sums, 2 * sizeof *sums);
        memcpy(z + (size_t)(i + 1) * pitch, sums + 2, 2 * sizeof *sums);
    }
}

/*
 * Number of steps after which the sums of product_tile_wide are moved to 64 bits. A lane adds two
 * products in a step, so that it reaches at most 2 * 256 * 127 * 32639 < 2^31.
 */
enum { WIDE_STEPS = 256 };

/* Add the sums over the lanes of four vectors, whose 32-bit sum could overflow. */
static inline void add_wide_sums(int64_t total[4], vector a, vector b, vector c, vector d) {
    int32_t high[4], low[4];
    vector_sums(high, vector_high(a), vector_high(b), vector_high(c), vector_high(d));
    vector_sums(low, vector_low(a), vector_low(b), vector_low(c), vector_low(d));
    for (int i = 0; i < 4; i++) {
        total[i] += (int64_t)high[i] * 65536 + low[i];
    }
}

/*
 * Like product_tile, where products may exceed 32 bits: z = saturate(product, 2^31 - 1), which is
 * scaled like the product itself (WIDE_MAX_FAN_IN in arithmetic.py).
 */
static inline void product_tile_wide(int32_t *z, size_t pitch, const int16_t *const patch[TILE],
                                     size_t row_step, const int16_t *first, const int16_t *second,
                                     int rows, int length) {
    int64_t totals[TILE / 2][4] = {{0}}; /* of two patches and two rows of weights */
    vector a[TILE], b[TILE];
    for (int i = 0; i < TILE; i++) {
        a[i] = b[i] = vector_zero();
    }
    int steps = 0;
    for (int row = 0; row < rows; row++) {
        for (int begin = 0; begin < length; begin += WIDE_STEPS * LANES) {
            const int left = length - begin;
            const int end = begin + (left < WIDE_STEPS * LANES ? left : WIDE_STEPS * LANES);
            steps += (end - begin) / LANES;
            if (steps > WIDE_STEPS) {
                for (int i = 0; i < TILE; i += 2) {
                    add_wide_sums(totals[i / 2], a[i], b[i], a[i + 1], b[i + 1]);
                    a[i] = b[i] = a[i + 1] = b[i + 1] = vector_zero();
                }
                steps = (end - begin) / LANES;
            }
            add_products(a, b, patch, (size_t)row * row_step, first, second, begin, end);
        }
        first += length;
        second += length;
    }
    for (int i = 0; i < TILE; i += 2) {
        add_wide_sums(totals[i / 2], a[i], b[i], a[i + 1], b[i + 1]);
    }
    for (int i = 0; i < TILE; i++) {
        for (int j = 0; j < 2; j++) {
            const int64_t total = totals[i / 2][i % 2 * 2 + j];
            const int64_t above = total < INT32_MAX ? total : INT32_MAX;
            z[(size_t)i * pitch + (size_t)j] = (int32_t)(above > -INT32_MAX ? above : -INT32_MAX);
        }
    }
}

/*
 * z[i * pitch + 0 .. vectors * COLUMNS) = patch i times `packed`, for the first `count` of TILE
 * patches. A patch consists of `rows` runs of `pairs` pairs; packed: (rows, pairs, vectors *
 * COLUMNS, 2).
 */
static inline __attribute__((always_inline)) void pair_tile(int32_t *z, size_t pitch, int count,
                                                            const int16_t *const patch[TILE],
                                                            size_t row_step, const int16_t *packed,
                                                            int rows, int pairs, int vectors) {
    vector a[TILE], b[TILE];
    for (int i = 0; i < TILE; i++) {
        a[i] = b[i] = vector_zero();
    }
    for (int row = 0; row < rows; row++) {
        const size_t from = (size_t)row * row_step;
        for (int k = 0; k < pairs; k++, packed += vectors * LANES) {
            const vector u = vector_hold(vector_load(packed));
            const vector v = vectors == 2 ? vector_hold(vector_load(packed + LANES)) : u;
            for (int i = 0; i < TILE; i++) {
                int32_t both;
                memcpy(&both, patch[i] + from + 2 * k, sizeof both);
                const vector x = vector_hold(vector_repeat(both));
                a[i] = vector_hold(vector_multiply_add(a[i], x, u));
                if (vectors == 2) {
                    b[i] = vector_hold(vector_multiply_add(b[i], x, v));
                }
            }
        }
    }
    for (int i = 0; i < count; i++) {
        vector_store(z + (size_t)i * pitch, a[i]);
        if (vectors == 2) {
            vector_store(z + (size_t)i * pitch + COLUMNS, b[i]);
        }
    }
}

#endif
