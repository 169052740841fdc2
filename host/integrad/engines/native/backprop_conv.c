#include "backprop_conv.h"

#include "backprop_biases.h"
#include "backprop_dense.h"
#include "backprop_maps.h"
#include "backprop_requantise.h"
#include "backprop_rounding.h"
#include "backprop_sparse.h"
#include "backprop_update.h"
#include "threads.h"

/* What becomes of the sums of a map. */
typedef struct {
    int8_t *out;
    const int8_t *x;    /* sums count where x > 0; NULL: everywhere */
    const int8_t *bias; /* (channels), or NULL */
    int32_t channels, shift;
} target;

/* The operands of all bundles: maps and packed kernels, which are some elements apart. */
typedef struct {
    windows first;
    const int16_t *packed;
    size_t map_step, packed_step;
    int32_t bundles, columns; /* columns: outputs of a bundle */
} operands;

static uint32_t requantise_run(const target *t, const int32_t *sums, size_t at, size_t count) {
    return t->x ? requantise_where(t->out + at, sums, t->x + at, count, t->shift)
                : requantise(t->out + at, sums, count, t->shift);
}

static void multiply(int32_t *sums, size_t pitch, const operands *n, int32_t bundle, int32_t at,
                     int32_t count) {
    windows w = n->first;
    w.x += (size_t)bundle * n->map_step;
    pair_products(sums, pitch, &w, at, count, n->packed + (size_t)bundle * n->packed_step,
                  n->columns);
}

/* The sums of a sample at some positions, requantised. Returns the largest |sum|. */
static uint32_t convolve_part(const target *t, int32_t *sums, const operands *n, int32_t from,
                              int32_t count) {
    const size_t channels = (size_t)t->channels, pitch = (size_t)sum_pitch(n->columns);
    if (n->columns == sum_pitch(n->columns)) {
        for (int32_t i = 0; i < n->bundles; i++) {
            multiply(sums + i * n->columns, channels, n, i, from, count);
        }
        if (t->bias != NULL) {
            add_biases(sums, channels, t->bias, count, t->channels);
        }
        return requantise_run(t, sums, (size_t)from * channels, (size_t)count * channels);
    }
    uint32_t largest = 0;
    for (int32_t i = 0; i < n->bundles; i++) {
        multiply(sums, pitch, n, i, from, count);
        if (t->bias != NULL) {
            add_biases(sums, pitch, t->bias + i * n->columns, count, n->columns);
        }
        for (size_t p = 0; p < (size_t)count; p++) {
            const size_t at = ((size_t)from + p) * channels + (size_t)(i * n->columns);
            const uint32_t own = requantise_run(t, sums + p * pitch, at, (size_t)n->columns);
            largest = own > largest ? own : largest;
        }
    }
    return largest;
}

static uint32_t convolve(const target *t, int32_t *sums, const operands *n, int32_t positions) {
    uint32_t largest = 0;
    for (int32_t at = 0; at < positions; at += POSITIONS) {
        const int32_t count = positions - at < POSITIONS ? positions - at : POSITIONS;
        const uint32_t own = convolve_part(t, sums, n, at, count);
        largest = own > largest ? own : largest;
    }
    return largest;
}

void conv_forward(buffers *b, layer *l, int8_t *y, int16_t *maps, const int8_t *x, int32_t batch) {
    const int32_t positions = l->out_height * l->out_width;
    const size_t size = (size_t)positions * (size_t)l->out_channels;
    pad_maps(maps, l, x, batch, b->threads);
    pack_forward(b->packed, l);
    uint32_t largest = 0;
#pragma omp parallel for reduction(max : largest) num_threads(b->threads)
    for (int32_t i = 0; i < batch; i++) {
        const target t = {y + (size_t)i * size, NULL, l->bias, l->out_channels,
                          l->scales[OUTPUT_SHIFT]};
        const operands n = {input_windows(l, maps + (size_t)i * padded_map_size(l)),
                            b->packed,
                            padded_map_size(l) * (size_t)batch,
                            packed_kernel_size(l),
                            bundles_of(l),
                            bundle_outputs(l)};
        const uint32_t own = convolve(&t, b->threads_own[this_thread()].sums, &n, positions);
        largest = own > largest ? own : largest;
        activate_leaky(y + (size_t)i * size, size, l->leak);
    }
    l->sum_bits = bit_width_of(largest);
}

void conv_errors(buffers *b, layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                 int32_t batch) {
    const int32_t positions = l->height * l->width;
    const size_t size = (size_t)positions * (size_t)l->channels;
    const size_t outputs = (size_t)(l->out_height * l->out_width) * (size_t)l->out_channels;
    pack_mirrored(b->packed, l);
    uint32_t largest = 0;
#pragma omp parallel for reduction(max : largest) num_threads(b->threads)
    for (int32_t i = 0; i < batch; i++) {
        const scratch *own = &b->threads_own[this_thread()];
        spread_errors(own->error_maps, l, errors + (size_t)i * outputs);
        const size_t at = (size_t)i * size;
        const target t = {below + at, x ? x + at : NULL, NULL, l->channels, l->scales[ERROR_SHIFT]};
        const operands n = {error_windows(l, own->error_maps),
                            b->packed,
                            error_map_size(l),
                            packed_mirror_size(l),
                            bundles_of(l),
                            bundle_inputs(l)};
        const uint32_t most = convolve(&t, own->sums, &n, positions);
        largest = most > largest ? most : largest;
    }
    l->error_bits = bit_width_of(largest);
}

void conv_learn(buffers *b, const layer *l, const int8_t *errors, const int8_t *x,
                const int16_t *maps, int32_t batch, const backprop_rule *r, int32_t exponent) {
    if (is_pointwise(l)) {
        dense_learn(b, l, errors, x, batch * l->out_height * l->out_width, r, exponent);
        return;
    }
    sum_sparse_gradient(b, l, errors, maps, batch);
    sum_bias_gradient(b->bias_gradient, l, errors, batch * l->out_height * l->out_width);
    const size_t row =
        (size_t)(l->channels / l->groups) * (size_t)(l->kernel_height * l->kernel_width);
    const layer_gradients g = {b->gradient, b->bias_gradient, (size_t)l->out_channels, row, row};
    learn_layer(l, &g, r, exponent, b->threads);
}
