#include "backprop_pools.h"

#include <string.h>

/* Inlined where the size of a window and the number of channels are constants. */
#define INLINE static inline __attribute__((always_inline))

/* Eight channels. */
enum { OCTET = 8 };
typedef int8_t octet __attribute__((vector_size(OCTET)));

/* Some channels, at most eight; the others are 0. */
INLINE octet load(const int8_t *from, int32_t count) {
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

INLINE void store(int8_t *to, octet a, int32_t count) {
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

INLINE octet largest_of(const int8_t *x, const window *w, int32_t count) {
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

INLINE octet average_of(const int8_t *x, const window *w, int32_t count) {
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
INLINE void spread_to_largest(int8_t *below, octet error, const int8_t *x, octet largest,
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

INLINE void spread_to_all(int8_t *below, octet error, const window *w, int32_t count) {
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

/* Some channels of one window. */
INLINE void window_forward(int8_t *y, const int8_t *x, const window *w, int32_t count,
                           int average) {
    store(y, average ? average_of(x, w, count) : largest_of(x, w, count), count);
}

INLINE void window_backward(int8_t *below, const int8_t *errors, const int8_t *x, const int8_t *y,
                            const window *w, int32_t count, int average) {
    const octet error = load(errors, count);
    if (average) {
        spread_to_all(below, error, w, count);
    } else {
        spread_to_largest(below, error, x, load(y, count), w, count);
    }
}

/* A pass over a map: forward if errors is NULL, and then y is written, else backward. */
typedef struct {
    int8_t *out;
    const int8_t *errors, *x, *y;
} operands;

INLINE void visit_windows(const layer *l, const operands *n, int32_t height, int32_t width,
                          int average) {
    const size_t channels = (size_t)l->channels;
    const window w = {height, width, (size_t)l->width * channels, channels};
    const int32_t whole = l->channels / OCTET * OCTET, rest = l->channels - whole;
    size_t out = 0;
    for (int32_t i = 0; i < l->out_height; i++) {
        size_t in = (size_t)(i * height) * w.row;
        for (int32_t j = 0; j < l->out_width;
             j++, out += channels, in += (size_t)width * channels) {
            for (int32_t c = 0; c < l->channels; c += OCTET) {
                const size_t a = in + (size_t)c, b = out + (size_t)c;
                if (n->errors == NULL && c < whole) {
                    window_forward(n->out + b, n->x + a, &w, OCTET, average);
                } else if (n->errors == NULL) {
                    window_forward(n->out + b, n->x + a, &w, rest, average);
                } else if (c < whole) {
                    window_backward(n->out + a, n->errors + b, n->x + a, n->y + b, &w, OCTET,
                                    average);
                } else {
                    window_backward(n->out + a, n->errors + b, n->x + a, n->y + b, &w, rest,
                                    average);
                }
            }
        }
    }
}

static void visit(const layer *l, const operands *n) {
    const int32_t height = l->window_height, width = l->window_width;
    if (l->kind == AVERAGE_POOL) {
        visit_windows(l, n, height, width, 1);
    } else if (height == 2 && width == 2) {
        visit_windows(l, n, 2, 2, 0);
    } else {
        visit_windows(l, n, height, width, 0);
    }
}

static size_t input_size(const layer *l) {
    return (size_t)l->height * (size_t)l->width * (size_t)l->channels;
}

static size_t output_size(const layer *l) {
    return (size_t)l->out_height * (size_t)l->out_width * (size_t)l->channels;
}

void pool_forward(const layer *l, int8_t *y, const int8_t *x, int32_t batch, int32_t threads) {
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        const operands n = {y + (size_t)b * output_size(l), NULL, x + (size_t)b * input_size(l),
                            NULL};
        visit(l, &n);
    }
}

void pool_backward(const layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                   const int8_t *y, int32_t batch, int32_t threads) {
    /* Incomplete windows have no error. */
    if (l->height % l->window_height || l->width % l->window_width) {
        memset(below, 0, (size_t)batch * input_size(l));
    }
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        const size_t in = (size_t)b * input_size(l), out = (size_t)b * output_size(l);
        const operands n = {below + in, errors + out, x + in, y + out};
        visit(l, &n);
    }
}
