#include "backprop_update.h"

#include "backprop_rounding.h"

/* Bits of normalised steps with rate 0, of weights and of masters. */
enum { STEP_BITS = 3, MASTER_STEP_BITS = 11 };

enum { MASTER_LIMIT = 256 * INT8_LIMIT, FRACTION = 256, MOST_LEFT = 15, LARGEST_STEP = 1 << 24 };

static inline int32_t cut(int32_t a, int32_t limit) {
    const int32_t below = a > limit ? limit : a;
    return below < -limit ? -limit : below;
}

/* How a gradient becomes a step: divided by 2^shift, or multiplied by 2^-shift. */
typedef struct {
    int32_t shift, limit, pseudo_stochastic;
} division;

/* Steps that saturate any weight are cut, so that differences fit in 32 bits. */
static void steps_of(int32_t *restrict out, const int32_t *restrict g, int32_t count,
                     const division *d) {
    const int32_t shift = d->shift;
    if (shift >= ALL_BITS) {
        for (int32_t i = 0; i < count; i++) {
            out[i] = 0;
        }
    } else if (shift > 0 && d->pseudo_stochastic) {
        for (int32_t i = 0; i < count; i++) {
            out[i] = cut(pseudo_stochastic_shift(g[i], shift), LARGEST_STEP);
        }
    } else if (shift > 0) {
        const uint32_t half = half_of(shift);
        for (int32_t i = 0; i < count; i++) {
            out[i] = cut(with_sign((magnitude_of(g[i]) + half) >> shift, g[i]), LARGEST_STEP);
        }
    } else {
        const int32_t left = -shift < MOST_LEFT ? -shift : MOST_LEFT;
        const int32_t most = shift < 0 ? 2 * d->limit : LARGEST_STEP;
        for (int32_t i = 0; i < count; i++) {
            out[i] = cut(g[i], most) * (1 << left);
        }
    }
}

enum { PART = 128 };

static void update_row(int8_t *restrict w, const int32_t *g, size_t columns, const division *d) {
    int32_t steps[PART];
    for (size_t at = 0; at < columns; at += PART) {
        const int32_t count = columns - at < PART ? (int32_t)(columns - at) : PART;
        steps_of(steps, g + at, count, d);
        for (int32_t i = 0; i < count; i++) {
            w[at + (size_t)i] = (int8_t)cut(w[at + (size_t)i] - steps[i], INT8_LIMIT);
        }
    }
}

static void update_master_row(int8_t *restrict w, int8_t *restrict fraction, const int32_t *g,
                              size_t columns, const division *d) {
    int32_t steps[PART];
    for (size_t at = 0; at < columns; at += PART) {
        const int32_t count = columns - at < PART ? (int32_t)(columns - at) : PART;
        steps_of(steps, g + at, count, d);
        for (int32_t i = 0; i < count; i++) {
            const size_t k = at + (size_t)i;
            const int32_t master = cut(FRACTION * w[k] + fraction[k] - steps[i], MASTER_LIMIT);
            const int32_t high = (master + FRACTION / 2) >> 8;
            w[k] = (int8_t)high;
            fraction[k] = (int8_t)(master - FRACTION * high);
        }
    }
}

static void update(int8_t *w, int8_t *fraction, const int32_t *g, size_t columns,
                   const division *d) {
    if (fraction != NULL) {
        update_master_row(w, fraction, g, columns, d);
    } else {
        update_row(w, g, columns, d);
    }
}

static uint32_t largest_of(const int32_t *gradient, size_t count, uint32_t largest) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t m = magnitude_of(gradient[i]);
        largest = m > largest ? m : largest;
    }
    return largest;
}

static int32_t bits_of(const layer *l, const layer_gradients *g) {
    uint32_t largest = 0;
    for (size_t row = 0; row < g->rows; row++) {
        largest = largest_of(g->weights + row * g->pitch, g->columns, largest);
    }
    return bit_width_of(l->bias != NULL ? largest_of(g->bias, g->rows, largest) : largest);
}

static void store(int64_t *out, const int32_t *gradient, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = gradient[i];
    }
}

static void store_gradients(const layer *l, const layer_gradients *g) {
    for (size_t row = 0; row < g->rows; row++) {
        store(l->gradient + row * g->columns, g->weights + row * g->pitch, g->columns);
    }
    if (l->bias != NULL) {
        store(l->bias_gradient, g->bias, g->rows);
    }
}

void learn_layer(const layer *l, const layer_gradients *g, const backprop_rule *r, int32_t exponent,
                 int32_t threads) {
    if (l->gradient != NULL) {
        store_gradients(l, g);
        return;
    }
    const int master = l->fraction != NULL;
    division d = {0, master ? MASTER_LIMIT : INT8_LIMIT, !master || r->normalised};
    if (r->normalised) {
        const int32_t bits = bits_of(l, g);
        if (bits == 0) {
            return;
        }
        const int32_t shift = bits - (master ? MASTER_STEP_BITS : STEP_BITS) + r->rate;
        d.shift = shift > 0 ? shift : 0;
    } else {
        d.shift = r->rate + l->scales[WEIGHT_EXPONENT] - (master ? 8 : 0) - exponent;
    }
#pragma omp parallel for num_threads(threads)
    for (int32_t row = 0; row < (int32_t)g->rows; row++) {
        const size_t at = (size_t)row * g->columns;
        update(l->weights + at, master ? l->fraction + at : NULL,
               g->weights + (size_t)row * g->pitch, g->columns, &d);
    }
    if (l->bias != NULL) {
        update(l->bias, l->bias_fraction, g->bias, g->rows, &d);
    }
}

void adapt_shift(int8_t *shift, int32_t bits) {
    if (bits == NO_MAXIMUM) {
        return;
    }
    const int32_t own = bits > 7 ? bits - 7 : 0;
    *shift = (int8_t)(own >= *shift ? own : *shift - 1);
}
