#include "pools.h"

enum { GROUP = 64 };

/*
 * One window for up to GROUP channels. x: the map from the first of these channels on; value: the
 * results; cell: the cells of the maxima.
 */
static void pool_window(int32_t *restrict value, int32_t *restrict cell, const int8_t *restrict x,
                        const pooling *p, int32_t count, int32_t channels, int32_t height,
                        int32_t width, int32_t top, int32_t left) {
    for (int32_t c = 0; c < count; c++) {
        value[c] = p->average ? 0 : -INT8_LIMIT - 2;
        cell[c] = PADDING;
    }
    for (int32_t row = top; row < top + p->window_height; row++) {
        for (int32_t column = left; column < left + p->window_width; column++) {
            const int inside = row >= 0 && row < height && column >= 0 && column < width;
            const int32_t here = inside ? row * width + column : PADDING;
            const int8_t *from = x + (size_t)(inside ? here : 0) * (size_t)channels;
            const int32_t mask = inside ? -1 : 0;
            if (p->average) {
                for (int32_t c = 0; c < count; c++) {
                    value[c] += from[c] & mask;
                }
            } else {
                for (int32_t c = 0; c < count; c++) {
                    const int32_t candidate = from[c] & mask;
                    cell[c] = candidate > value[c] ? here : cell[c];
                    value[c] = candidate > value[c] ? candidate : value[c];
                }
            }
        }
    }
    if (p->average) {
        const int32_t area = p->window_height * p->window_width;
        for (int32_t c = 0; c < count; c++) {
            value[c] /= area;
        }
    }
}

void pool_maps(int8_t *out, const int8_t *x, const pooling *p, int32_t batch, int32_t channels,
               int32_t height, int32_t width, int32_t threads) {
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *map = x + (size_t)b * (size_t)height * (size_t)width * (size_t)channels;
        int8_t *to = out + (size_t)b * (size_t)p->height * (size_t)p->width * (size_t)channels;
        for (int32_t row = 0; row < p->height; row++) {
            for (int32_t column = 0; column < p->width; column++, to += channels) {
                for (int32_t from = 0; from < channels; from += GROUP) {
                    const int32_t count = channels - from < GROUP ? channels - from : GROUP;
                    int32_t value[GROUP], cell[GROUP];
                    pool_window(value, cell, map + from, p, count, channels, height, width,
                                row * p->window_height, column * p->window_width);
                    for (int32_t c = 0; c < count; c++) {
                        to[from + c] = (int8_t)value[c];
                    }
                }
            }
        }
    }
}

void pool_features(int8_t *features, int32_t *maximum_cells, const int8_t *h, const pooling *p,
                   int32_t batch, int32_t channels, int32_t height, int32_t width,
                   int32_t threads) {
    const size_t windows = (size_t)p->height * (size_t)p->width;
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *map = h + (size_t)b * (size_t)height * (size_t)width * (size_t)channels;
        const size_t sample = (size_t)b * windows * (size_t)channels;
        for (int32_t row = 0; row < p->height; row++) {
            for (int32_t column = 0; column < p->width; column++) {
                for (int32_t from = 0; from < channels; from += GROUP) {
                    const int32_t count = channels - from < GROUP ? channels - from : GROUP;
                    int32_t value[GROUP], cell[GROUP];
                    pool_window(value, cell, map + from, p, count, channels, height, width,
                                row * p->window_height - p->padding_height,
                                column * p->window_width - p->padding_width);
                    /* Features are ordered channel, row, column. */
                    size_t to = sample + (size_t)from * windows + (size_t)(row * p->width + column);
                    for (int32_t c = 0; c < count; c++, to += windows) {
                        features[to] = (int8_t)value[c];
                        maximum_cells[to] = cell[c];
                    }
                }
            }
        }
    }
}
