/* Matrix products of int8 values that are widened to 16 bits, with 32-bit sums. */
#ifndef INTEGRAD_BACKPROP_PRODUCTS_H
#define INTEGRAD_BACKPROP_PRODUCTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Patches in rows of `width`, `across` apart from left to right and `down` from top to bottom. A
 * patch consists of `rows` runs of `pairs` pairs of 16-bit integers, row_step apart.
 */
typedef struct {
    const int16_t *x;
    int32_t width;
    size_t across, down;
    int32_t rows, pairs;
    size_t row_step;
} windows;

/* Number of columns of `columns` sums in memory. */
int32_t sum_pitch(int32_t columns);

/* Number of 16-bit integers of packed columns. */
size_t packed_columns_size(int32_t rows, int32_t pairs, int32_t columns);

/* Index in packed columns of the pair k of run `row` in column c. */
size_t packed_index(int32_t rows, int32_t pairs, int32_t columns, int32_t row, int32_t k,
                    int32_t c);

/* packed: pairs of int8 rows (rows, columns) side by side, as one run of (rows + 1) / 2 pairs. */
void pack_rows(int16_t *packed, const int8_t *rows_of, int32_t rows, int32_t columns,
               int32_t threads);

/* sums (count, pitch) of `count` patches from patch `from` on and packed columns; the first
 * sum_pitch(columns) of every `pitch` elements are written. */
void pair_products(int32_t *sums, size_t pitch, const windows *w, int32_t from, int32_t count,
                   const int16_t *packed, int32_t columns);

/* out (rows, pitch): 16-bit copy of x (rows, columns), padded with 0. */
void widen_rows(int16_t *out, const int8_t *x, int32_t rows, int32_t columns, int32_t pitch,
                int32_t threads);

#endif
