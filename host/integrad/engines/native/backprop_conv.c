#include "backprop_conv.h"

#include "backprop_maps.h"
#include "backprop_requantise.h"
#include "backprop_rounding.h"
#include "backprop_sparse.h"
#include "backprop_update.h"
#include "threads.h"

/* What becomes of the sums of one group at some positions of a map: `count` of `channels` values.
 */
typedef struct {
    int8_t *out;
    const int8_t *x; /* sums count where x > 0; NULL: everywhere */
    int32_t channels, count, shift;
} target;

static uint32_t requantise_run(const target *t, const int32_t *sums, size_t at, size_t count) {
    return t->x ? requantise_where(t->out + at, sums, t->x + at, count, t->shift)
                : requantise(t->out + at, sums, count, t->shift);
}

/* Requantise sums (positions, pitch) from position `from` on. Returns the largest |sum|. */
static uint32_t requantise_positions(const target *t, const int32_t *sums, size_t pitch,
                                     int32_t from, int32_t positions) {
    const size_t channels = (size_t)t->channels, first = (size_t)from * channels;
    if (t->count == t->channels && pitch == channels) {
        return requantise_run(t, sums, first, (size_t)positions * channels);
    }
    uint32_t largest = 0;
    for (size_t p = 0; p < (size_t)positions; p++) {
        const uint32_t own =
            requantise_run(t, sums + p * pitch, first + p * channels, (size_t)t->count);
        largest = own > largest ? own : largest;
    }
    return largest;
}

/* The products of all positions of one sample and group. */
static uint32_t convolve(const target *t, int32_t *sums, const windows *w, int32_t positions,
                         const int16_t *packed) {
    const size_t pitch = (size_t)sum_pitch(t->count);
    uint32_t largest = 0;
    for (int32_t at = 0; at < positions; at += POSITIONS) {
        const int32_t count = positions - at < POSITIONS ? positions - at : POSITIONS;
        pair_products(sums, w, at, count, packed, t->count);
        const uint32_t own = requantise_positions(t, sums, pitch, at, count);
        largest = own > largest ? own : largest;
    }
    return largest;
}

void conv_forward(buffers *b, layer *l, int8_t *y, int16_t *maps, const int8_t *x, int32_t batch) {
    const int32_t positions = l->out_height * l->out_width, outs = l->out_channels / l->groups;
    const size_t size = (size_t)positions * (size_t)l->out_channels;
    pad_maps(maps, l, x, batch, b->threads);
    pack_forward(b->packed, l);
    uint32_t largest = 0;
#pragma omp parallel for reduction(max : largest) num_threads(b->threads)
    for (int32_t i = 0; i < batch; i++) {
        for (int32_t g = 0; g < l->groups; g++) {
            const size_t map = (size_t)g * (size_t)batch + (size_t)i;
            const windows w = input_windows(l, maps + map * padded_map_size(l));
            const target t = {y + (size_t)i * size + g * outs, NULL, l->out_channels, outs,
                              l->scales[OUTPUT_SHIFT]};
            const uint32_t own = convolve(&t, b->threads_own[this_thread()].sums, &w, positions,
                                          b->packed + (size_t)g * packed_kernel_size(l));
            largest = own > largest ? own : largest;
        }
        activate_leaky(y + (size_t)i * size, size, l->leak);
    }
    l->sum_bits = bit_width_of(largest);
}

void conv_errors(buffers *b, layer *l, int8_t *below, const int8_t *errors, const int8_t *x,
                 int32_t batch) {
    const int32_t positions = l->height * l->width, ins = l->channels / l->groups;
    const size_t size = (size_t)positions * (size_t)l->channels;
    const size_t outputs = (size_t)(l->out_height * l->out_width) * (size_t)l->out_channels;
    pack_mirrored(b->packed, l);
    uint32_t largest = 0;
#pragma omp parallel for reduction(max : largest) num_threads(b->threads)
    for (int32_t i = 0; i < batch; i++) {
        const scratch *own = &b->threads_own[this_thread()];
        spread_errors(own->error_maps, l, errors + (size_t)i * outputs);
        for (int32_t g = 0; g < l->groups; g++) {
            const windows w = error_windows(l, own->error_maps + (size_t)g * error_map_size(l));
            const size_t at = (size_t)i * size + (size_t)(g * ins);
            const target t = {below + at, x ? x + at : NULL, l->channels, ins,
                              l->scales[ERROR_SHIFT]};
            const uint32_t most = convolve(&t, own->sums, &w, positions,
                                           b->packed + (size_t)g * packed_mirror_size(l));
            largest = most > largest ? most : largest;
        }
    }
    l->error_bits = bit_width_of(largest);
}

void conv_learn(buffers *b, const layer *l, const int8_t *errors, const int16_t *maps,
                int32_t batch, const backprop_rule *r, int32_t exponent) {
    sum_sparse_gradient(b, l, errors, maps, batch);
    const size_t row =
        (size_t)(l->channels / l->groups) * (size_t)(l->kernel_height * l->kernel_width);
    learn_layer(l, b->gradient, (size_t)l->out_channels, row, row, r, exponent, b->threads);
}
