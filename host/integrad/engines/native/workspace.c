#include "workspace.h"

#include <stdlib.h>

#include "depthwise.h"
#include "groups.h"
#include "vectors.h"

int gathers(const stage *s) {
    return s->kernel_height > 1 && s->kernel_width * s->channels < LANES;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t outputs(const stage *s) {
    return (size_t)s->out_channels * (size_t)s->out_height * (size_t)s->out_width;
}

/* Number of 16-bit integers of a block's input, as padded maps. */
static size_t padded_size(const stage *s, size_t batch) {
    const size_t height = (size_t)(s->height + 2 * s->padding_height);
    const size_t width = (size_t)(s->width + 2 * s->padding_width);
    /* The last patch is read up to the end of its vector. */
    return batch * height * width * (size_t)s->channels + (size_t)LANES * 2;
}

/* The same as patches. */
static size_t patch_size(const stage *s, size_t batch) {
    const size_t fan_in = (size_t)(s->kernel_height * s->kernel_width * s->channels);
    if (gathers(s)) {
        const size_t positions = (size_t)s->out_height * (size_t)s->out_width;
        return batch * positions * (size_t)whole_vectors((int32_t)fan_in);
    }
    return padded_size(s, batch);
}

static size_t packed_size(const stage *s) {
    const int32_t run = gathers(s) ? s->kernel_height * s->kernel_width * s->channels
                                   : s->kernel_width * s->channels;
    return (size_t)s->out_channels * (size_t)(gathers(s) ? 1 : s->kernel_height) *
           (size_t)whole_vectors(run);
}

/* Aligned to cache lines, so that no vector spans two of them. */
static void *allocate(size_t bytes) {
    void *memory;
    return posix_memalign(&memory, 64, bytes ? bytes : 1) == 0 ? memory : NULL;
}

typedef struct {
    size_t activations, features, wide, wide_features, packed, pairs, digits, offsets, delta, row,
        entries;
} sizes;

static void count_classifier(sizes *r, const network *n, const classifier *c, size_t batch) {
    const size_t pitch = (size_t)whole_vectors(c->features);
    r->features = larger(r->features, batch * (size_t)c->features);
    r->wide_features = larger(r->wide_features, batch * pitch);
    r->packed = larger(r->packed, (size_t)n->classes * pitch);
    r->pairs = larger(r->pairs, dense_pairs_size((int32_t)batch, c->features));
    r->digits = larger(r->digits, dense_digits_size((int32_t)batch, n->classes));
}

static void count_stage(sizes *r, const network *n, const stage *s, size_t batch) {
    const size_t inputs = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    r->activations = larger(r->activations, batch * larger(inputs, outputs(s)));
    if (s->kind != DENSE && s->kind != CONV) {
        return;
    }
    count_classifier(r, n, &s->head, batch);
    /* Groups use the same memory one after the other. */
    const stage part = group_of(s, 0);
    r->packed = larger(r->packed, depthwise(s) ? depthwise_packed_size(s) : packed_size(&part));
    if (s->kind == DENSE) {
        r->wide = larger(r->wide, batch * (size_t)whole_vectors(s->channels));
        r->pairs = larger(r->pairs, dense_pairs_size((int32_t)batch, s->channels));
        r->digits = larger(r->digits, dense_digits_size((int32_t)batch, s->out_channels));
        r->delta = larger(r->delta, batch * (size_t)s->out_channels);
        return;
    }
    const size_t positions = (size_t)s->out_height * (size_t)s->out_width;
    r->wide = larger(r->wide, depthwise(s) ? padded_size(s, batch) : patch_size(&part, batch));
    r->offsets = larger(r->offsets, positions);
    r->delta = larger(r->delta, batch * (size_t)s->head.features);
    r->row = larger(r->row, packed_size(&part) / (size_t)part.out_channels);
    /* Average-pooling passes its error to all cells, max-pooling to one. */
    const size_t windows = (size_t)s->pool.height * (size_t)s->pool.width;
    r->entries = larger(r->entries, batch * (s->pool.average ? positions : windows) + 2);
}

/* Whether 32-bit offsets can address all patches of r. */
static int offsets_reach(const sizes *r) {
    return larger(larger(r->wide, r->wide_features), larger(r->packed, r->pairs)) <= INT32_MAX;
}

workspace *integrad_reserve(const network *n, int32_t batch, int32_t threads) {
    sizes r = {.activations = (size_t)batch * (size_t)n->output.features};
    const size_t size = (size_t)batch;
    for (int32_t i = 0; i < n->count; i++) {
        count_stage(&r, n, &n->stages[i], size);
    }
    count_classifier(&r, n, &n->output, size);
    workspace *w = offsets_reach(&r) ? calloc(1, sizeof *w) : NULL;
    if (w == NULL) {
        return NULL;
    }
    const size_t all = (size_t)threads, classes = (size_t)n->classes;
    w->batch = batch;
    w->threads = threads;
    w->row_size = r.row + 1;
    w->entry_size = r.entries + 2;
    w->activations[0] = allocate(r.activations);
    w->activations[1] = allocate(r.activations);
    w->scaled = allocate(r.activations);
    w->features = allocate(r.features);
    w->logits = allocate(size * classes);
    w->maximum_cells = allocate(r.features * sizeof *w->maximum_cells);
    w->errors = allocate(size * classes * sizeof *w->errors);
    w->delta = allocate((r.delta + 1) * sizeof *w->delta);
    w->wide = allocate((r.wide + 1) * sizeof *w->wide);
    w->wide_features = allocate(r.wide_features * sizeof *w->wide_features);
    w->packed = allocate(r.packed * sizeof *w->packed);
    w->pairs = allocate(r.pairs * sizeof *w->pairs);
    w->digits = allocate(r.digits * sizeof *w->digits);
    w->offsets = allocate((r.offsets + 1) * sizeof *w->offsets);
    w->sample_offsets = allocate(size * sizeof *w->sample_offsets);
    w->rows = allocate(all * w->row_size * sizeof *w->rows);
    w->ordered = allocate(all * w->row_size * sizeof *w->ordered);
    w->entries = allocate(all * w->entry_size * sizeof *w->entries);
    w->entry_pairs = allocate(all * 2 * w->entry_size * sizeof *w->entry_pairs);
    const int whole = w->activations[0] && w->activations[1] && w->scaled && w->features &&
                      w->logits && w->maximum_cells && w->errors && w->delta && w->wide &&
                      w->wide_features && w->packed && w->pairs && w->digits && w->offsets &&
                      w->sample_offsets && w->rows && w->ordered && w->entries && w->entry_pairs;
    if (!whole) {
        integrad_release(w);
        return NULL;
    }
    return w;
}

void integrad_release(workspace *w) {
    if (w == NULL) {
        return;
    }
    void *const parts[] = {
        w->activations[0], w->activations[1], w->scaled,  w->features,    w->logits,
        w->maximum_cells,  w->errors,         w->delta,   w->wide,        w->wide_features,
        w->packed,         w->pairs,          w->digits,  w->offsets,     w->sample_offsets,
        w->rows,           w->ordered,        w->entries, w->entry_pairs,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        free(parts[i]);
    }
    free(w);
}
