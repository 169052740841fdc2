#include "backprop_products.h"

#include "tiles.h"

/* Packed columns are panels of two vectors; the last one may have one vector. */
enum { PANEL = 2 * COLUMNS };

int32_t sum_pitch(int32_t columns) {
    return (columns + COLUMNS - 1) / COLUMNS * COLUMNS;
}

size_t packed_columns_size(int32_t rows, int32_t pairs, int32_t columns) {
    return (size_t)rows * (size_t)pairs * (size_t)sum_pitch(columns) * 2;
}

static int32_t panel_width(int32_t columns, int32_t from) {
    return columns - from > COLUMNS ? PANEL : COLUMNS;
}

size_t packed_index(int32_t rows, int32_t pairs, int32_t columns, int32_t row, int32_t k,
                    int32_t c) {
    const int32_t from = c / PANEL * PANEL;
    const size_t before = (size_t)from * (size_t)rows * (size_t)pairs;
    const size_t run = (size_t)(row * pairs + k) * (size_t)panel_width(columns, from);
    return 2 * (before + run + (size_t)(c - from));
}

void pack_rows(int16_t *packed, const int8_t *rows_of, int32_t rows, int32_t columns,
               int32_t threads) {
    const int32_t pairs = (rows + 1) / 2;
#pragma omp parallel for num_threads(threads)
    for (int32_t from = 0; from < columns; from += PANEL) {
        const int32_t width = panel_width(columns, from);
        const int32_t count = columns - from < width ? columns - from : width;
        int16_t *to = packed + packed_index(1, pairs, columns, 0, 0, from);
        for (int32_t k = 0; k < pairs; k++, to += 2 * width) {
            const int8_t *first = rows_of + (size_t)(2 * k) * (size_t)columns + from;
            const int whole = 2 * k + 1 < rows;
            const int8_t *second = whole ? first + columns : first;
            if (whole && count == PANEL) {
                for (int32_t i = 0; i < PANEL; i++) {
                    to[2 * i] = first[i];
                    to[2 * i + 1] = second[i];
                }
                continue;
            }
            memset(to, 0, sizeof *to * (size_t)(2 * width));
            for (int32_t i = 0; i < count; i++) {
                to[2 * i] = first[i];
                to[2 * i + 1] = whole ? second[i] : 0;
            }
        }
    }
}

void pair_products(int32_t *sums, size_t pitch, const windows *w, int32_t from, int32_t count,
                   const int16_t *packed, int32_t columns) {
    const size_t panel_size = (size_t)w->rows * (size_t)w->pairs * PANEL * 2;
    int32_t row = from / w->width, column = from % w->width;
    for (int32_t at = 0; at < count; at += TILE) {
        const int32_t tile = count - at < TILE ? count - at : TILE;
        const int16_t *patch[TILE] = {w->x};
        for (int32_t i = 0; i < TILE; i++) {
            if (i >= tile) {
                patch[i] = patch[0];
                continue;
            }
            patch[i] = w->x + (size_t)row * w->down + (size_t)column * w->across;
            if (++column == w->width) {
                column = 0;
                row++;
            }
        }
        const int16_t *panel = packed;
        int32_t *z = sums + (size_t)at * pitch;
        for (int32_t c = 0; c < columns; c += PANEL, panel += panel_size, z += PANEL) {
            if (panel_width(columns, c) == PANEL) {
                pair_tile(z, pitch, tile, patch, w->row_step, panel, w->rows, w->pairs, 2);
            } else {
                pair_tile(z, pitch, tile, patch, w->row_step, panel, w->rows, w->pairs, 1);
            }
        }
    }
}

void widen_rows(int16_t *out, const int8_t *x, int32_t rows, int32_t columns, int32_t pitch,
                int32_t threads) {
#pragma omp parallel for num_threads(threads)
    for (int32_t r = 0; r < rows; r++) {
        int16_t *restrict to = out + (size_t)r * (size_t)pitch;
        const int8_t *restrict from = x + (size_t)r * (size_t)columns;
        for (int32_t k = 0; k < columns; k++) {
            to[k] = from[k];
        }
        memset(to + columns, 0, sizeof *to * (size_t)(pitch - columns));
    }
}
