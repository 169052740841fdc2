#include "backprop_buffers.h"

#include <stdlib.h>

#include "backprop_maps.h"
#include "tiles.h"

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t inputs_of(const layer *l) {
    return (size_t)l->channels * (size_t)l->height * (size_t)l->width;
}

static size_t outputs_of(const layer *l) {
    return (size_t)l->out_channels * (size_t)l->out_height * (size_t)l->out_width;
}

static int32_t even(int32_t n) {
    return (n + 1) / 2 * 2;
}

size_t error_pitch(int32_t batch) {
    return (size_t)even(batch) + LANES;
}

int is_pointwise(const layer *l) {
    return l->kind == CONV && l->groups == 1 && l->kernel_height * l->kernel_width == 1 &&
           l->stride_height * l->stride_width == 1 && l->padding_height + l->padding_width == 0;
}

int32_t samples_per_turn(const layer *l) {
    enum { ENTRIES = 1024 };
    const int32_t positions = l->out_height * l->out_width;
    return positions < ENTRIES ? ENTRIES / positions : 1;
}

/* Aligned to cache lines; remembered in b->blocks. */
static void *allocate(buffers *b, size_t bytes) {
    void *memory;
    if (posix_memalign(&memory, 64, bytes ? bytes : 1) != 0) {
        return NULL;
    }
    b->blocks[b->block_count++] = memory;
    return memory;
}

/* Numbers of elements. */
typedef struct {
    size_t activations, wide, wide_weights, packed, gradient, bias_gradient;
    size_t sums, error_maps, entries, counts, gradients; /* per thread */
} sizes;

/* See dense_learn. */
static void count_learning(sizes *s, const layer *l, int32_t batch) {
    const size_t units = (size_t)l->out_channels;
    s->wide = larger(s->wide, units * error_pitch(batch));
    s->packed = larger(s->packed, packed_columns_size(1, even(batch) / 2, l->channels));
    s->gradient = larger(s->gradient, units * (size_t)sum_pitch(l->channels));
}

static void count_dense(sizes *s, const layer *l, int32_t batch) {
    const int32_t pitch = whole_vectors(l->channels);
    const size_t size = (size_t)batch, units = (size_t)l->out_channels;
    s->wide = larger(s->wide, size * larger((size_t)pitch, (size_t)even(l->out_channels)));
    s->wide_weights = larger(s->wide_weights, units * (size_t)pitch);
    s->packed = larger(s->packed, packed_columns_size(1, even(l->out_channels) / 2, l->channels));
    count_learning(s, l, batch);
    /* A tile of samples. */
    s->sums = larger(s->sums, TILE * (size_t)sum_pitch(l->channels));
}

static void count_convolution(sizes *s, const layer *l, int32_t batch) {
    if (is_pointwise(l)) {
        count_learning(s, l, batch * l->out_height * l->out_width);
    }
    const int32_t most = l->channels > l->out_channels ? l->channels : l->out_channels;
    const int32_t positions = l->out_height * l->out_width;
    const int32_t turn = samples_per_turn(l) < batch ? samples_per_turn(l) : batch;
    const size_t outs = (size_t)l->out_channels;
    s->packed = larger(s->packed, larger(packed_kernel_size(l), packed_mirror_size(l)) *
                                      (size_t)bundles_of(l));
    s->gradient = larger(
        s->gradient, outs * (size_t)(l->channels / l->groups * l->kernel_height * l->kernel_width));
    s->sums = larger(s->sums, (size_t)POSITIONS * (size_t)sum_pitch(most));
    s->error_maps = larger(s->error_maps, error_maps_size(l));
    s->entries = larger(s->entries, outs * ((size_t)turn * (size_t)positions + 2));
    s->counts = larger(s->counts, outs);
    const int32_t run = whole_vectors(l->kernel_width * bundle_inputs(l));
    s->gradients = larger(s->gradients, outs * (size_t)l->kernel_height * (size_t)run);
}

static int reserve_layers(buffers *b, const chain *c, int32_t batch) {
    const size_t size = (size_t)batch;
    int whole = 1;
    for (int32_t i = 0; i < c->count; i++) {
        const layer *l = &c->layers[i];
        b->outputs[i] = allocate(b, size * outputs_of(l));
        whole = whole && b->outputs[i];
        if (l->kind == DENSE) {
            b->flat[i] = allocate(b, size * inputs_of(l));
            whole = whole && b->flat[i];
        } else if (l->kind == CONV) {
            b->maps[i] = allocate(b, sizeof(int16_t) * padded_maps_size(l, batch));
            whole = whole && b->maps[i] && padded_maps_size(l, batch) <= INT32_MAX;
        }
    }
    return whole;
}

static int reserve_threads(buffers *b, const sizes *s) {
    int whole = 1;
    for (int32_t t = 0; t < b->threads; t++) {
        scratch *own = &b->threads_own[t];
        own->sums = allocate(b, s->sums * sizeof *own->sums);
        own->error_maps = allocate(b, s->error_maps * sizeof *own->error_maps);
        own->entries = allocate(b, s->entries * sizeof *own->entries);
        own->counts = allocate(b, s->counts * sizeof *own->counts);
        own->gradients = allocate(b, s->gradients * sizeof *own->gradients);
        whole =
            whole && own->sums && own->error_maps && own->entries && own->counts && own->gradients;
    }
    return whole;
}

static int reserve_tables(buffers *b, const chain *c) {
    const size_t count = (size_t)c->count;
    b->inputs = calloc(count + 1, sizeof *b->inputs);
    b->outputs = calloc(count, sizeof *b->outputs);
    b->flat = calloc(count, sizeof *b->flat);
    b->maps = calloc(count, sizeof *b->maps);
    b->exponents = calloc(count + 1, sizeof *b->exponents);
    b->threads_own = calloc((size_t)b->threads, sizeof *b->threads_own);
    b->blocks = calloc(2 * count + 5 * (size_t)b->threads + 8, sizeof *b->blocks);
    return b->inputs && b->outputs && b->flat && b->maps && b->exponents && b->threads_own &&
           b->blocks;
}

static int reserve_shared(buffers *b, const sizes *s, size_t input) {
    b->input = allocate(b, input);
    b->errors[0] = allocate(b, s->activations);
    b->errors[1] = allocate(b, s->activations);
    b->wide = allocate(b, s->wide * sizeof *b->wide);
    b->wide_weights = allocate(b, s->wide_weights * sizeof *b->wide_weights);
    b->packed = allocate(b, s->packed * sizeof *b->packed);
    b->gradient = allocate(b, s->gradient * sizeof *b->gradient);
    b->bias_gradient = allocate(b, s->bias_gradient * sizeof *b->bias_gradient);
    return b->input && b->errors[0] && b->errors[1] && b->wide && b->wide_weights && b->packed &&
           b->gradient && b->bias_gradient;
}

buffers *backprop_reserve(const chain *c, int32_t batch, int32_t threads) {
    sizes s = {0};
    for (int32_t i = 0; i < c->count; i++) {
        const layer *l = &c->layers[i];
        s.activations = larger(s.activations, (size_t)batch * larger(inputs_of(l), outputs_of(l)));
        if (l->bias != NULL) {
            s.bias_gradient = larger(s.bias_gradient, (size_t)l->out_channels);
        }
        if (l->kind == DENSE) {
            count_dense(&s, l, batch);
        } else if (l->kind == CONV) {
            count_convolution(&s, l, batch);
        }
    }
    buffers *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    b->batch = batch;
    b->threads = threads;
    const size_t input = (size_t)batch * inputs_of(&c->layers[0]);
    if (!reserve_tables(b, c) || !reserve_layers(b, c, batch) || !reserve_shared(b, &s, input) ||
        !reserve_threads(b, &s)) {
        backprop_release(b);
        return NULL;
    }
    return b;
}

void backprop_release(buffers *b) {
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->block_count; i++) {
        free(b->blocks[i]);
    }
    free((void *)b->inputs);
    free((void *)b->outputs);
    free((void *)b->flat);
    free((void *)b->maps);
    free(b->exponents);
    free(b->threads_own);
    free((void *)b->blocks);
    free(b);
}
