#include "depthwise.h"

#include "vectors.h"

static int32_t taps_of(const stage *s) {
    return s->kernel_height * s->kernel_width;
}

int depthwise(const stage *s) {
    return !s->wide && s->groups > 1 && s->groups == s->channels && s->groups == s->out_channels;
}

size_t depthwise_packed_size(const stage *s) {
    return (size_t)whole_vectors(s->channels) * (size_t)(taps_of(s) + 1);
}

/* packed (channels / LANES, taps / 2, 2, LANES): two taps side by side, padded with 0. */
static void pack_taps(int16_t *packed, const stage *s) {
    const int32_t taps = taps_of(s);
    for (int32_t from = 0; from < s->channels; from += LANES) {
        for (int32_t k = 0; k < taps; k += 2, packed += 2 * LANES) {
            int16_t a[LANES] = {0}, b[LANES] = {0};
            for (int32_t c = 0; c < LANES && from + c < s->channels; c++) {
                const int16_t *weights = s->weights + (size_t)(from + c) * (size_t)taps + k;
                a[c] = weights[0];
                b[c] = k + 1 < taps ? weights[1] : 0;
            }
            const vector first = vector_first_pairs(vector_load(a), vector_load(b));
            const vector second = vector_second_pairs(vector_load(a), vector_load(b));
            memcpy(packed, &first, sizeof first);
            memcpy(packed + LANES, &second, sizeof second);
        }
    }
}

/* Advance to the next tap, from the end of a row of the kernel to the start of the next one. */
typedef struct {
    const int16_t *x;
    int32_t column;
} place;

static inline place next_tap(place at, const patches *p, const stage *s) {
    at.x += s->channels;
    if (++at.column == s->kernel_width) {
        at.column = 0;
        at.x += p->row_step - (size_t)(s->kernel_width * s->channels);
    }
    return at;
}

/* z: the sums of LANES channels from x on. Values beyond the last channel are multiplied by 0. */
static inline void tap_sums(int32_t z[LANES], const int16_t *x, const int16_t *packed,
                            const patches *p, const stage *s) {
    const int32_t taps = taps_of(s);
    vector first = vector_zero(), second = vector_zero();
    place at = {x, 0};
    for (int32_t k = 0; k < taps; k += 2, packed += 2 * LANES) {
        const vector a = vector_load(at.x);
        at = next_tap(at, p, s);
        const vector b = k + 1 < taps ? vector_load(at.x) : a;
        at = next_tap(at, p, s);
        first = vector_multiply_add(first, vector_first_pairs(a, b), vector_load(packed));
        second =
            vector_multiply_add(second, vector_second_pairs(a, b), vector_load(packed + LANES));
    }
    vector_store_pairs(z, first, second);
}

void depthwise_products(int8_t *s_out, int8_t *h, int16_t *packed, const patches *p, const stage *s,
                        int32_t threads) {
    const int32_t taps = taps_of(s), all = p->images * p->positions;
    const double inverse_scale = 1.0 / ((double)SCALE * taps);
    const int32_t reciprocal = (65536 + s->alpha_inv - 1) / s->alpha_inv;
    pack_taps(packed, s);
#pragma omp parallel for num_threads(threads)
    for (int32_t index = 0; index < all; index++) {
        const int16_t *patch = p->x + (size_t)(index / p->positions) * p->image_step +
                               p->offsets[index % p->positions];
        const size_t to = (size_t)index * (size_t)s->channels;
        for (int32_t from = 0; from < s->channels; from += LANES) {
            const int32_t count = s->channels - from < LANES ? s->channels - from : LANES;
            int32_t z[LANES];
            tap_sums(z, patch + from, packed + (size_t)from * (size_t)((taps + 1) / 2 * 2), p, s);
            activate(s_out + to + from, h + to + from, z, count, inverse_scale, reciprocal,
                     s->mean);
        }
    }
}

void depthwise_gradient(double *row, const patches *p, const stage *s, int32_t o,
                        const error_entry *entries, int32_t count) {
    memset(row, 0, sizeof *row * (size_t)taps_of(s));
    for (int32_t e = 0; e < count; e++) {
        const int16_t *x = p->x + entries[e].patch + o;
        const double delta = entries[e].delta;
        double *to = row;
        for (int32_t i = 0; i < s->kernel_height; i++, x += p->row_step) {
            for (int32_t j = 0; j < s->kernel_width; j++) {
                *to++ += delta * x[(size_t)j * (size_t)s->channels];
            }
        }
    }
}
