#include "gradients.h"

#include "rounding.h"
#include "vectors.h"

/*
 * Errors of up to 32 bits are split into signed digits for 16-bit products:
 * delta = d0 + d1 * 2^15 + d2 * 2^30, or d0 alone if every delta is a 16-bit integer.
 *
 * A 32-bit lane sums at most MOST_PRODUCTS products of a digit with an int8:
 * 512 * 32,768 * 127 < 2^31.
 */
enum { DIGIT_BITS = 15, MOST_DIGITS = 3, MOST_PRODUCTS = 512 };

static inline int32_t digit(int32_t delta, int index, int digits) {
    enum { BASE = 1 << DIGIT_BITS, HALF = BASE / 2 };
    int64_t rest = delta;
    for (int i = 0; i < index; i++) {
        rest = (rest + HALF) >> DIGIT_BITS;
    }
    return (int32_t)(index == digits - 1 ? rest : ((rest + HALF) & (BASE - 1)) - HALF);
}

static int digits_for(int64_t largest) {
    return largest < 32768 ? 1 : largest < (1 << 29) ? 2 : MOST_DIGITS;
}

static int32_t pair(int32_t first, int32_t second) {
    return (int32_t)(((uint32_t)first & 0xffffu) | ((uint32_t)second << 16));
}

void descend(const descent *d, size_t at, const double *g, int32_t count) {
    if (d->gradient != NULL) {
        for (int32_t i = 0; i < count; i++) {
            d->gradient[at + (size_t)i] = (int64_t)g[i];
        }
        return;
    }
    int16_t *restrict w = d->weights + at;
    const int32_t limit = d->limit;
    const double rate = d->rate, most = 2.0 * limit;
    const float decay = (float)d->decay;
    double largest = 0;
    int32_t heaviest = 0;
    for (int32_t i = 0; i < count; i++) {
        const double magnitude = __builtin_fabs(g[i]);
        largest = magnitude > largest ? magnitude : largest;
        const int32_t weight = w[i] < 0 ? -w[i] : w[i];
        heaviest = weight > heaviest ? weight : heaviest;
    }
    const int decays = short_quotient(heaviest, decay) != 0;
    /* In many ranges all quotients are 0, so that nothing changes. */
    if (!decays && quotient(largest, rate, 1) < 1) {
        return;
    }
    if (largest < SHORT) {
        const float short_rate = (float)d->rate;
        for (int32_t i = 0; i < count; i++) {
            const int32_t step = short_quotient((int32_t)g[i], short_rate);
            const int32_t less = short_quotient(w[i], decay);
            w[i] = (int16_t)clamp(w[i] - step - less, limit);
        }
        return;
    }
    /* A step beyond twice the limit saturates any weight. */
    for (int32_t i = 0; i < count; i++) {
        const int32_t step = (int32_t)quotient(g[i], rate, most);
        const int32_t less = short_quotient(w[i], decay);
        w[i] = (int16_t)clamp(w[i] - step - less, limit);
    }
}

void descend_kept(const descent *d, const int64_t *g, size_t count) {
    enum { PART = 256 };
    double part[PART];
    for (size_t from = 0; from < count; from += PART) {
        const int32_t n = count - from < PART ? (int32_t)(count - from) : PART;
        for (int32_t i = 0; i < n; i++) {
            part[i] = (double)g[from + (size_t)i];
        }
        descend(d, from, part, n);
    }
}

/* ---- dense ---- */

/* A tile of a dense gradient: rows, and columns in vectors. */
enum { UNITS = 2, VECTORS = 4, COLUMNS = VECTORS * LANES / 2 };

static int32_t padded(int32_t n, int32_t to) {
    return (n + to - 1) / to * to;
}

size_t dense_pairs_size(int32_t batch, int32_t features) {
    return (size_t)padded(batch, 2) * (size_t)padded(features, COLUMNS);
}

/* Distance of the digits of two sample pairs; a power of two would use few sets of the cache. */
static size_t digits_pitch(int32_t units) {
    return (size_t)padded(units, COLUMNS) + LANES / 2;
}

size_t dense_digits_size(int32_t batch, int32_t units) {
    const size_t pairs = (size_t)padded(batch, 2) / 2;
    return MOST_DIGITS * pairs * digits_pitch(units) + (size_t)units;
}

/* pairs (batch / 2, features padded, 2): two samples side by side, padded with 0. */
static void pair_samples(int16_t *pairs, const int8_t *x, int32_t batch, int32_t features,
                         int32_t threads) {
    const int32_t pitch = padded(features, COLUMNS);
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b += 2) {
        int16_t *restrict out = pairs + (size_t)b * (size_t)pitch;
        const int8_t *restrict first = x + (size_t)b * (size_t)features;
        const int8_t *restrict second = first + (b + 1 < batch ? features : 0);
        const int32_t mask = b + 1 < batch ? -1 : 0;
        for (int32_t k = 0; k < features; k++) {
            const int32_t both = pair(first[k], second[k] & mask);
            memcpy(out + 2 * k, &both, sizeof both);
        }
        memset(out + 2 * features, 0, sizeof *out * 2 * (size_t)(pitch - features));
    }
}

/* largest[u] = max |delta[b][u]| for `count` units from delta on. */
static void largest_errors(int32_t largest[COLUMNS], const int32_t *delta, int32_t batch,
                           int32_t units, int32_t count) {
    memset(largest, 0, sizeof *largest * COLUMNS);
    for (int32_t b = 0; b < batch; b++, delta += units) {
        for (int32_t i = 0; i < count; i++) {
            const int32_t magnitude = delta[i] < 0 ? -delta[i] : delta[i];
            largest[i] = magnitude > largest[i] ? magnitude : largest[i];
        }
    }
}

/* Numbers of digits of `count` units from delta on, the same for all units of a tile. */
static void count_digits(int32_t digits[COLUMNS], const int32_t *delta, int32_t batch,
                         int32_t units, int32_t count) {
    int32_t largest[COLUMNS];
    largest_errors(largest, delta, batch, units, count);
    for (int32_t i = 0; i < COLUMNS; i += UNITS) {
        digits[i] = digits[i + 1] =
            digits_for(largest[i] > largest[i + 1] ? largest[i] : largest[i + 1]);
    }
}

/*
 * out (MOST_DIGITS, batch / 2, digits_pitch): digits of pairs of samples; counts (units): number of
 * digits, the same for all units of a tile. Digits beyond that number are undefined.
 */
static void split_errors(int32_t *out, int32_t *counts, const int32_t *delta, int32_t batch,
                         int32_t units, int32_t threads) {
    const size_t pitch = digits_pitch(units), plane = (size_t)padded(batch, 2) / 2 * pitch;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int32_t u = 0; u < units; u += COLUMNS) {
        const int32_t count = units - u < COLUMNS ? units - u : COLUMNS;
        int32_t digits[COLUMNS], most = 1;
        count_digits(digits, delta + u, batch, units, count);
        for (int32_t i = 0; i < count; i++) {
            counts[u + i] = digits[i];
            most = digits[i] > most ? digits[i] : most;
        }
        for (int32_t b = 0; b < batch; b += 2) {
            const int32_t *first = delta + (size_t)b * (size_t)units + u;
            const int32_t *second = first + (b + 1 < batch ? units : 0);
            const int32_t mask = b + 1 < batch ? -1 : 0;
            for (int32_t index = 0; index < most; index++) {
                int32_t *restrict to = out + (size_t)index * plane + (size_t)b / 2 * pitch + u;
                for (int32_t i = 0; i < count; i++) {
                    to[i] = pair(digit(first[i], index, digits[i]),
                                 digit(second[i] & mask, index, digits[i]));
                }
                if (count % UNITS) {
                    to[count] = 0; /* there is no second unit in the last tile */
                }
            }
        }
    }
}

/* sums[u][k] of one digit over a range of sample pairs. */
static inline void dense_tile(int32_t sums[UNITS][COLUMNS], const int16_t *x, size_t pitch,
                              const int32_t *digits, size_t digits_step, int32_t pairs) {
    vector a[VECTORS], b[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        a[v] = b[v] = vector_zero();
    }
    for (int32_t i = 0; i < pairs; i++) {
        const vector u = vector_repeat(digits[0]), w = vector_repeat(digits[1]);
        for (int v = 0; v < VECTORS; v++) {
            const vector sample = vector_load(x + v * LANES);
            a[v] = vector_multiply_add(a[v], sample, u);
            b[v] = vector_multiply_add(b[v], sample, w);
        }
        x += pitch;
        digits += digits_step;
    }
    for (int v = 0; v < VECTORS; v++) {
        vector_store(&sums[0][v * LANES / 2], a[v]);
        vector_store(&sums[1][v * LANES / 2], b[v]);
    }
}

/* g[u][k] over all digits and sample pairs. */
static void dense_sums(double g[UNITS][COLUMNS], const int16_t *x, size_t pitch,
                       const int32_t *digits, size_t digits_step, int32_t pairs, int32_t count) {
    memset(g, 0, sizeof(double[UNITS][COLUMNS]));
    double weight = 1;
    for (int32_t index = 0; index < count; index++, weight *= 1 << DIGIT_BITS) {
        const int32_t *row = digits + (size_t)index * (size_t)pairs * digits_step;
        for (int32_t from = 0; from < pairs; from += MOST_PRODUCTS / 2) {
            const int32_t n = pairs - from < MOST_PRODUCTS / 2 ? pairs - from : MOST_PRODUCTS / 2;
            int32_t sums[UNITS][COLUMNS];
            dense_tile(sums, x + (size_t)from * pitch, pitch, row + (size_t)from * digits_step,
                       digits_step, n);
            for (int i = 0; i < UNITS; i++) {
                for (int c = 0; c < COLUMNS; c++) {
                    g[i][c] += weight * sums[i][c];
                }
            }
        }
    }
}

void dense_gradient(const descent *d, const int32_t *delta, const int8_t *x, int32_t batch,
                    int32_t units, int32_t features, int16_t *pairs, int32_t *digits,
                    int32_t threads) {
    const int32_t half = padded(batch, 2) / 2;
    const size_t pitch = 2 * (size_t)padded(features, COLUMNS), step = digits_pitch(units);
    int32_t *counts = digits + MOST_DIGITS * (size_t)half * step;
    pair_samples(pairs, x, batch, features, threads);
    split_errors(digits, counts, delta, batch, units, threads);
    /* Row by row, so that weights are read and written in the order of memory. */
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads)
    for (int32_t u = 0; u < units; u += UNITS) {
        for (int32_t k = 0; k < features; k += COLUMNS) {
            const int32_t rows = units - u < UNITS ? units - u : UNITS;
            const int32_t columns = features - k < COLUMNS ? features - k : COLUMNS;
            const size_t at = (size_t)u * (size_t)features + (size_t)k;
            const int16_t *samples = pairs + 2 * (size_t)k;
            double g[UNITS][COLUMNS];
            dense_sums(g, samples, pitch, digits + u, step, half, counts[u]);
            for (int32_t i = 0; i < rows; i++) {
                descend(d, at + (size_t)i * (size_t)features, g[i], columns);
            }
        }
    }
}

/* ---- sparse ---- */

enum { STRETCH = 4 };

/* row[0 .. vectors * LANES) += weight * sum of one digit over the entries' patches. */
static inline void sparse_tile(double *row, const int16_t *x, const error_entry *entries,
                               const int32_t *pairs, int32_t count, double weight, int vectors) {
    vector first[STRETCH], second[STRETCH];
    for (int v = 0; v < vectors; v++) {
        first[v] = second[v] = vector_zero();
    }
    for (int32_t i = 0; i < count; i += 2) {
        const int16_t *a = x + entries[i].patch, *b = x + entries[i + 1].patch;
        const vector digits = vector_repeat(pairs[i / 2]);
        for (int v = 0; v < vectors; v++) {
            const vector p = vector_load(a + v * LANES), q = vector_load(b + v * LANES);
            first[v] = vector_multiply_add(first[v], vector_first_pairs(p, q), digits);
            second[v] = vector_multiply_add(second[v], vector_second_pairs(p, q), digits);
        }
    }
    for (int v = 0; v < vectors; v++) {
        int32_t sums[LANES];
        vector_store_pairs(sums, first[v], second[v]);
        for (int k = 0; k < LANES; k++) {
            row[v * LANES + k] += weight * sums[k];
        }
    }
}

/* The same over all digits, at most MOST_PRODUCTS entries at a time. */
static inline void sparse_stretch(double *row, const int16_t *x, const error_entry *entries,
                                  const int32_t *pairs, int32_t count, int digits, int vectors) {
    const int32_t half = count / 2;
    double weight = 1;
    for (int index = 0; index < digits; index++, weight *= 1 << DIGIT_BITS) {
        for (int32_t from = 0; from < count; from += MOST_PRODUCTS) {
            const int32_t n = count - from < MOST_PRODUCTS ? count - from : MOST_PRODUCTS;
            sparse_tile(row, x, entries + from, pairs + (size_t)index * (size_t)half + from / 2, n,
                        weight, vectors);
        }
    }
}

void sparse_gradient(double *row, const patches *p, error_entry *entries, int32_t count,
                     int32_t *pairs) {
    memset(row, 0, sizeof *row * (size_t)p->rows * (size_t)p->length);
    if (count == 0) {
        return;
    }
    if (count % 2) {
        entries[count] = (error_entry){entries[0].patch, 0};
        count++;
    }
    int64_t largest = 0;
    for (int32_t i = 0; i < count; i++) {
        const int64_t magnitude =
            entries[i].delta < 0 ? -(int64_t)entries[i].delta : entries[i].delta;
        largest = magnitude > largest ? magnitude : largest;
    }
    const int digits = digits_for(largest);
    for (int index = 0; index < digits; index++) {
        int32_t *out = pairs + (size_t)index * (size_t)(count / 2);
        for (int32_t i = 0; i < count; i += 2) {
            out[i / 2] = pair(digit(entries[i].delta, index, digits),
                              digit(entries[i + 1].delta, index, digits));
        }
    }
    for (int r = 0; r < p->rows; r++) {
        const int16_t *x = p->x + (size_t)r * p->row_step;
        double *out = row + (size_t)r * (size_t)p->length;
        int k = 0;
        for (; k + STRETCH * LANES <= p->length; k += STRETCH * LANES) {
            sparse_stretch(out + k, x + k, entries, pairs, count, digits, STRETCH);
        }
        for (; k < p->length; k += LANES) {
            sparse_stretch(out + k, x + k, entries, pairs, count, digits, 1);
        }
    }
}
