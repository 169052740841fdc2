#include "blocks.h"

#include "classifiers.h"
#include "depthwise.h"
#include "gradients.h"
#include "groups.h"
#include "patches.h"
#include "pools.h"
#include "products.h"
#include "rounding.h"
#include "threads.h"

/* For a dense block or a convolution without groups. */
static int32_t fan_in(const stage *s) {
    return s->channels * s->kernel_height * s->kernel_width;
}

static void learn_dense(workspace *w, const stage *s, const int8_t *x, const int8_t *h,
                        int32_t batch, int32_t classes, const rule *r) {
    errors_of_features(w->delta, w->errors, &s->head, batch, classes, w->threads);
    const double inverse = 1.0 / s->alpha_inv;
    const size_t count = (size_t)batch * (size_t)s->out_channels;
    int32_t *restrict delta = w->delta;
    const int8_t *restrict scaled = w->scaled;
    for (size_t i = 0; i < count; i++) {
        delta[i] = nitro_relu_gradient(delta[i], scaled[i], inverse);
    }
    learn_classifier(w, &s->head, h, batch, classes, r);
    const descent d = {s->weights, s->gradient, r->rate, r->decay, s->limit};
    dense_gradient(&d, w->delta, x, batch, s->out_channels, s->channels, w->pairs, w->digits,
                   w->threads);
}

/* Errors of output channel o with their patches. Returns their number. */
static int32_t collect_errors(error_entry *entries, const workspace *w, const stage *s,
                              const patches *p, int32_t o, int32_t batch) {
    const pooling *q = &s->pool;
    const double inverse = 1.0 / s->alpha_inv;
    const int32_t windows = q->height * q->width;
    const size_t map = (size_t)p->positions * (size_t)s->out_channels;
    int32_t count = 0;
    for (int32_t b = 0; b < batch; b++) {
        const size_t from = (size_t)b * (size_t)s->head.features + (size_t)o * (size_t)windows;
        const int8_t *scaled = w->scaled + (size_t)b * map + o;
        const size_t image = (size_t)b * p->image_step;
        for (int32_t window = 0; window < windows; window++) {
            const int32_t delta = w->delta[from + (size_t)window];
            if (!q->average) {
                const int32_t cell = w->maximum_cells[from + (size_t)window];
                if (cell == PADDING) {
                    continue;
                }
                const int32_t error = nitro_relu_gradient(
                    delta, scaled[(size_t)cell * (size_t)s->out_channels], inverse);
                if (error != 0) {
                    entries[count++] = (error_entry){image + (size_t)p->offsets[cell], error};
                }
                continue;
            }
            const int32_t share = delta / (q->window_height * q->window_width);
            const int32_t top = window / q->width * q->window_height - q->padding_height;
            const int32_t left = window % q->width * q->window_width - q->padding_width;
            for (int32_t row = top < 0 ? 0 : top;
                 row < top + q->window_height && row < s->out_height; row++) {
                for (int32_t column = left < 0 ? 0 : left;
                     column < left + q->window_width && column < s->out_width; column++) {
                    const int32_t cell = row * s->out_width + column;
                    const int32_t error = nitro_relu_gradient(
                        share, scaled[(size_t)cell * (size_t)s->out_channels], inverse);
                    if (error != 0) {
                        entries[count++] = (error_entry){image + (size_t)p->offsets[cell], error};
                    }
                }
            }
        }
    }
    return count;
}

/* Update the weights of group g from the errors of its output channels and its patches p. */
static void learn_group(workspace *w, const stage *s, int32_t g, const patches *p, int32_t batch,
                        const rule *r) {
    const stage part = group_of(s, g);
    const descent d = {part.weights, part.gradient, r->rate, r->decay, s->limit};
    const int32_t row_length = fan_in(&part), first = g * part.out_channels;
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (int32_t o = 0; o < part.out_channels; o++) {
        const size_t thread = (size_t)this_thread();
        double *row = w->rows + thread * w->row_size, *ordered = w->ordered + thread * w->row_size;
        error_entry *entries = w->entries + thread * w->entry_size;
        const int32_t count = collect_errors(entries, w, s, p, first + o, batch);
        sparse_gradient(row, p, entries, count, w->entry_pairs + thread * 2 * w->entry_size);
        double *to = ordered;
        for (int32_t c = 0; c < part.channels; c++) {
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    *to++ = row[patch_index(&part, p, c, i, j)];
                }
            }
        }
        descend(&d, (size_t)o * (size_t)row_length, ordered, row_length);
    }
}

static void learn_depthwise(workspace *w, const stage *s, const patches *p, int32_t batch,
                            const rule *r) {
    const descent d = {s->weights, s->gradient, r->rate, r->decay, s->limit};
    const int32_t taps = s->kernel_height * s->kernel_width;
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (int32_t o = 0; o < s->out_channels; o++) {
        const size_t thread = (size_t)this_thread();
        double *row = w->rows + thread * w->row_size;
        error_entry *entries = w->entries + thread * w->entry_size;
        const int32_t count = collect_errors(entries, w, s, p, o, batch);
        depthwise_gradient(row, p, s, o, entries, count);
        descend(&d, (size_t)o * (size_t)taps, row, taps);
    }
}

/* The patches of group g of input maps x, in memory that the next group reuses. */
static patches group_patches(workspace *w, const stage *s, int32_t g, const int8_t *x,
                             int32_t batch) {
    const stage part = group_of(s, g);
    return maps_as_patches(w, &part, x + (size_t)g * (size_t)part.channels, s->channels, batch);
}

/* last: the patches of the last group, or of all channels, from the forward pass. */
static void learn_conv(workspace *w, const stage *s, const int8_t *x, const patches *last,
                       int32_t batch, int32_t classes, const rule *r) {
    errors_of_features(w->delta, w->errors, &s->head, batch, classes, w->threads);
    learn_classifier(w, &s->head, w->features, batch, classes, r);
    if (depthwise(s)) {
        learn_depthwise(w, s, last, batch, r);
        return;
    }
    learn_group(w, s, s->groups - 1, last, batch, r);
    for (int32_t g = 0; g < s->groups - 1; g++) {
        const patches p = group_patches(w, s, g, x, batch);
        learn_group(w, s, g, &p, batch, r);
    }
}

void run_dense(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
               int32_t batch, const lesson *l) {
    widen(w->wide, x, batch, s->channels, w->threads);
    const int16_t *rows =
        whole_rows(w->packed, s->weights, s->out_channels, s->channels, w->threads);
    const patches p = vectors_as_patches(w, w->wide, batch, s->channels);
    scaled_products(w->scaled, h, &p, rows, s->out_channels, s->out_channels, fan_in(s),
                    s->alpha_inv, s->mean, s->wide, w->threads);
    if (l != NULL && s->learns) {
        classify(w->logits, w, &s->head, h, batch, n->classes);
        subtract_targets(w->errors, w->logits, l->labels, batch, n->classes);
        learn_dense(w, s, x, h, batch, n->classes, l->rule);
    }
}

/* Returns the patches of the last group, or of all channels of a depthwise convolution. */
static patches convolve(workspace *w, const stage *s, int8_t *h, const int8_t *x, int32_t batch) {
    if (depthwise(s)) {
        const patches all = padded_maps(w, s, x, s->channels, batch);
        depthwise_products(w->scaled, h, w->packed, &all, s, w->threads);
        return all;
    }
    patches p = {0};
    for (int32_t g = 0; g < s->groups; g++) {
        const stage part = group_of(s, g);
        const size_t first = (size_t)g * (size_t)part.out_channels;
        p = group_patches(w, s, g, x, batch);
        pack_kernels(w->packed, &part, &p, w->threads);
        scaled_products(w->scaled + first, h + first, &p, w->packed, part.out_channels,
                        s->out_channels, fan_in(&part), s->alpha_inv, s->mean, s->wide, w->threads);
    }
    return p;
}

void run_conv(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
              int32_t batch, const lesson *l) {
    const patches p = convolve(w, s, h, x, batch);
    if (l != NULL && s->learns) {
        pool_features(w->features, w->maximum_cells, h, &s->pool, batch, s->out_channels,
                      s->out_height, s->out_width, w->threads);
        classify(w->logits, w, &s->head, w->features, batch, n->classes);
        subtract_targets(w->errors, w->logits, l->labels, batch, n->classes);
        learn_conv(w, s, x, &p, batch, n->classes, l->rule);
    }
}
