#include "backprop_pools.h"

#include <string.h>

/* Eight channels. */
enum { OCTET = 8 };
typedef int8_t octet __attribute__((vector_size(OCTET)));

/* Some channels, at most eight; the others are 0. */
static inline octet load(const int8_t *from, int32_t count) {
    octet a = {0};
    if (count == OCTET) {
        memcpy(&a, from, sizeof a);
    } else {
        for (int32_t i = 0; i < count; i++) {
            a[i] = from[i];
        }
    }
    return a;
}

static inline void store(int8_t *to, octet a, int32_t count) {
    if (count == OCTET) {
        memcpy(to, &a, sizeof a);
    } else {
        for (int32_t i = 0; i < count; i++) {
            to[i] = a[i];
        }
    }
}

/* A window of a map: x at its first pixel; row, column: distances of its pixels. */
typedef struct {
    int32_t height, width;
    size_t row, column;
} window;

static inline octet largest_of(const int8_t *x, const window *w, int32_t count) {
    octet most = load(x, count);
    for (int32_t i = 0; i < w->height; i++) {
        for (int32_t j = 0; j < w->width; j++) {
            const octet a = load(x + (size_t)i * w->row + (size_t)j * w->column, count);
            const octet more = (octet)(a > most);
            most = (a & more) | (most & ~more);
        }
    }
    return most;
}

static inline octet average_of(const int8_t *x, const window *w, int32_t count) {
    int32_t sums[OCTET] = {0};
    for (int32_t i = 0; i < w->height; i++) {
        for (int32_t j = 0; j < w->width; j++) {
            const int8_t *from = x + (size_t)i * w->row + (size_t)j * w->column;
            for (int32_t c = 0; c < count; c++) {
                sums[c] += from[c];
            }
        }
    }
    octet result;
    for (int32_t c = 0; c < OCTET; c++) {
        result[c] = (int8_t)(sums[c] / (w->height * w->width));
    }
    return result;
}

/* The error goes to the first maximum. */
static inline void spread_to_largest(int8_t *below, octet error, const int8_t *x, octet largest,
                                     const window *w, int32_t count) {
    octet pending = ~(octet){0};
    for (int32_t i = 0; i < w->height; i++) {
        for (int32_t j = 0; j < w->width; j++) {
            const size_t at = (size_t)i * w->row + (size_t)j * w->column;
            const octet hit = (octet)(load(x + at, count) == largest) & pending;
            store(below + at, error & hit, count);
            pending &= ~hit;
        }
    }
}

static inline void spread_to_all(int8_t *below, octet error, const window *w, int32_t count) {
    octet share;
    for (int32_t c = 0; c < OCTET; c++) {
        share[c] = (int8_t)(error[c] / (w->height * w->width));
    }
    for (int32_t i = 0; i < w->height; i++) {
        for (int32_t j = 0; j < w->width; j++) {
            store(below + (size_t)i * w->row + (size_t)j * w->column, share, count);
        }
    }
}

static window window_of(const layer *l) {
    const size_t channels = (size_t)l->channels;
    return (window){l->window_height, l->window_width, (size_t)l->width * channels, channels};
}

static size_t input_size(const layer *l) {
    return (size_t)l->height * (size_t)l->width * (size_t)l->channels;
}

void pool_forward(const layer *l, int8_t *y, const int8_t *x, int32_t batch, int32_t threads) {
    const window w = window_of(l);
    const size_t out = (size_t)l->out_height * (size_t)l->out_width * (size_t)l->channels;
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        int8_t *to = y + (size_t)b * out;
        for (int32_t i = 0; i < l->out_height; i++) {
            const int8_t *from =
                x + (size_t)b * input_size(l) + (size_t)(i * l->window_height) * w.row;
            for (int32_t j = 0; j < l->out_width; j++) {
                for (int32_t c = 0; c < l->channels; c += OCTET) {
                    const int32_t count = l->channels - c < OCTET ? l->channels - c : OCTET;
                    store(to + c,
                          l->kind == MAX_POOL ? largest_of(from + c, &w, count)
                                              : average_of(from + c, &w, count),
                          count);
                }
                to += l->channels;
                from += (size_t)l->window_width * w.column;
            }
        }
    }
}

void pool_backward(const layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                   const int8_t *y, int32_t batch, int32_t threads) {
    const window w = window_of(l);
    const size_t in = input_size(l);
    const size_t out = (size_t)l->out_height * (size_t)l->out_width * (size_t)l->channels;
    /* Incomplete windows have no error. */
    if (l->height % l->window_height || l->width % l->window_width) {
        memset(below, 0, (size_t)batch * in);
    }
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        size_t from = (size_t)b * out;
        for (int32_t i = 0; i < l->out_height; i++) {
            size_t to = (size_t)b * in + (size_t)(i * l->window_height) * w.row;
            for (int32_t j = 0; j < l->out_width; j++) {
                for (int32_t c = 0; c < l->channels; c += OCTET) {
                    const int32_t count = l->channels - c < OCTET ? l->channels - c : OCTET;
                    const octet error = load(errors + from + c, count);
                    if (l->kind == MAX_POOL) {
                        spread_to_largest(below + to + c, error, x + to + c,
                                          load(y + from + c, count), &w, count);
                    } else {
                        spread_to_all(below + to + c, error, &w, count);
                    }
                }
                from += (size_t)l->channels;
                to += (size_t)l->window_width * w.column;
            }
        }
    }
}
