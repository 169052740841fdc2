#include "backprop_dense.h"

#include "backprop_biases.h"
#include "backprop_products.h"
#include "backprop_requantise.h"
#include "backprop_rounding.h"
#include "backprop_update.h"
#include "threads.h"
#include "tiles.h"

enum { OUTS = 32, BLOCK = 16 * TILE };

void dense_forward(buffers *b, layer *l, int8_t *y, const int8_t *x, int32_t batch) {
    const int32_t pitch = whole_vectors(l->channels), units = l->out_channels;
    const int32_t shift = l->scales[OUTPUT_SHIFT];
    const int32_t panels = (units + OUTS - 1) / OUTS, blocks = (batch + BLOCK - 1) / BLOCK;
    widen_rows(b->wide, x, batch, l->channels, pitch, b->threads);
    widen_rows(b->wide_weights, l->weights, units, l->channels, pitch, b->threads);
    uint32_t largest = 0;
    /* A panel of weight rows stays in the cache while a thread processes its samples. */
#pragma omp parallel for collapse(2) reduction(max : largest) num_threads(b->threads)
    for (int32_t panel = 0; panel < panels; panel++) {
        for (int32_t block = 0; block < blocks; block++) {
            const int32_t from = panel * OUTS, count = units - from < OUTS ? units - from : OUTS;
            const int32_t end = batch < (block + 1) * BLOCK ? batch : (block + 1) * BLOCK;
            for (int32_t at = block * BLOCK; at < end; at += TILE) {
                const int32_t tile = end - at < TILE ? end - at : TILE;
                int32_t z[TILE][OUTS];
                const int16_t *rows[TILE];
                for (int32_t i = 0; i < TILE; i++) {
                    rows[i] = b->wide + (size_t)(i < tile ? at + i : at) * (size_t)pitch;
                }
                for (int32_t o = 0; o < count; o += 2) {
                    const int16_t *first = b->wide_weights + (size_t)(from + o) * (size_t)pitch;
                    const int16_t *second = o + 1 < count ? first + pitch : first;
                    product_tile(&z[0][o], OUTS, rows, 0, first, second, 1, pitch);
                }
                if (l->bias != NULL) {
                    add_biases(&z[0][0], OUTS, l->bias + from, tile, count);
                }
                for (int32_t i = 0; i < tile; i++) {
                    int8_t *to = y + (size_t)(at + i) * (size_t)units + from;
                    const uint32_t own = requantise(to, z[i], (size_t)count, shift);
                    largest = own > largest ? own : largest;
                }
            }
        }
    }
    if (!l->is_output) {
        activate_leaky(y, (size_t)batch * (size_t)units, l->leak);
    }
    l->sum_bits = bit_width_of(largest);
}

void dense_errors(buffers *b, layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                  int32_t batch) {
    const int32_t units = l->out_channels, pairs = (units + 1) / 2;
    const int32_t shift = l->scales[ERROR_SHIFT];
    const size_t columns = (size_t)l->channels, pitch = (size_t)sum_pitch(l->channels);
    widen_rows(b->wide, errors, batch, units, 2 * pairs, b->threads);
    pack_rows(b->packed, l->weights, units, l->channels, b->threads);
    const windows w = {
        .x = b->wide, .width = batch, .across = (size_t)(2 * pairs), .rows = 1, .pairs = pairs};
    uint32_t largest = 0;
#pragma omp parallel for reduction(max : largest) num_threads(b->threads)
    for (int32_t at = 0; at < batch; at += TILE) {
        const int32_t tile = batch - at < TILE ? batch - at : TILE;
        int32_t *sums = b->threads_own[this_thread()].sums;
        pair_products(sums, pitch, &w, at, tile, b->packed, l->channels);
        for (int32_t i = 0; i < tile; i++) {
            const size_t to = (size_t)(at + i) * columns;
            const int32_t *row = sums + (size_t)i * pitch;
            const uint32_t own = x ? requantise_where(below + to, row, x + to, columns, shift)
                                   : requantise(below + to, row, columns, shift);
            largest = own > largest ? own : largest;
        }
    }
    l->error_bits = bit_width_of(largest);
}

/* out (units, error_pitch(batch)): 16-bit errors (batch, units), padded with 0. */
static void transpose_errors(int16_t *out, const int8_t *errors, int32_t batch, int32_t units) {
    const size_t pitch = error_pitch(batch);
    for (int32_t i = 0; i < batch; i++, errors += units) {
        for (int32_t u = 0; u < units; u++) {
            out[(size_t)u * pitch + (size_t)i] = errors[u];
        }
    }
    for (int32_t u = 0; u < units && batch % 2; u++) {
        out[(size_t)u * pitch + (size_t)batch] = 0;
    }
}

void dense_learn(buffers *b, const layer *l, const int8_t *errors, const int8_t *x, int32_t batch,
                 const backprop_rule *r, int32_t exponent) {
    const int32_t units = l->out_channels, pairs = (batch + 1) / 2;
    const size_t pitch = (size_t)sum_pitch(l->channels);
    transpose_errors(b->wide, errors, batch, units);
    pack_rows(b->packed, x, batch, l->channels, b->threads);
    const windows w = {
        .x = b->wide, .width = units, .across = error_pitch(batch), .rows = 1, .pairs = pairs};
#pragma omp parallel for num_threads(b->threads)
    for (int32_t at = 0; at < units; at += TILE) {
        const int32_t tile = units - at < TILE ? units - at : TILE;
        pair_products(b->gradient + (size_t)at * pitch, pitch, &w, at, tile, b->packed,
                      l->channels);
    }
    sum_bias_gradient(b->bias_gradient, l, errors, batch);
    const layer_gradients g = {b->gradient, b->bias_gradient, (size_t)units, pitch,
                               (size_t)l->channels};
    learn_layer(l, &g, r, exponent, b->threads);
}
