/* One training step of a whole network, and inference. The entry points of the native engine. */
#include <string.h>

#include "gradients.h"
#include "pools.h"
#include "products.h"
#include "rounding.h"
#include "vectors.h"
#include "workspace.h"

#if defined(_OPENMP)
#include <omp.h>
#else
static int omp_get_thread_num(void) {
    return 0;
}
#endif

/* ---- patches and weights as the products read them ---- */

/* out (batch, features rounded up): 16-bit copy, 0 behind the features. */
static void widen(int16_t *out, const int8_t *x, int32_t batch, int32_t features, int32_t threads) {
    const int32_t pitch = whole_vectors(features);
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        int16_t *to = out + (size_t)b * (size_t)pitch;
        const int8_t *from = x + (size_t)b * (size_t)features;
        for (int32_t k = 0; k < features; k++) {
            to[k] = from[k];
        }
        memset(to + features, 0, sizeof *to * (size_t)(pitch - features));
    }
}

/* weights (outs, features) with aligned rows of whole vectors: themselves, or a copy in `packed`.
 */
static const int16_t *whole_rows(int16_t *packed, const int16_t *weights, int32_t outs,
                                 int32_t features, int32_t threads) {
    const int32_t pitch = whole_vectors(features);
    if (pitch == features && (uintptr_t)weights % 64 == 0) {
        return weights;
    }
#pragma omp parallel for num_threads(threads)
    for (int32_t o = 0; o < outs; o++) {
        int16_t *to = packed + (size_t)o * (size_t)pitch;
        memcpy(to, weights + (size_t)o * (size_t)features, sizeof *to * (size_t)features);
        memset(to + features, 0, sizeof *to * (size_t)(pitch - features));
    }
    return packed;
}

/* Vectors as patches of one position each. */
static patches vectors_as_patches(workspace *w, const int16_t *wide, int32_t batch,
                                  int32_t features) {
    const int32_t pitch = whole_vectors(features);
    for (int32_t b = 0; b < batch; b++) {
        w->sample_offsets[b] = b * pitch;
    }
    return (patches){wide, 0, w->sample_offsets, 1, batch, 1, pitch, 0};
}

/* Input maps (batch, height, width, channels) as patches in w->wide: row, column, channel. */
static patches maps_as_patches(workspace *w, const stage *s, const int8_t *x, int32_t batch) {
    const int32_t height = s->height + 2 * s->padding_height,
                  width = s->width + 2 * s->padding_width;
    const int32_t run = s->kernel_width * s->channels;
    const int32_t positions = s->out_height * s->out_width;
    if (!gathers(s)) {
        const size_t image = (size_t)height * (size_t)width * (size_t)s->channels;
#pragma omp parallel for num_threads(w->threads)
        for (int32_t b = 0; b < batch; b++) {
            int16_t *to = w->wide + (size_t)b * image;
            const int8_t *from = x + (size_t)b * (size_t)(s->height * s->width * s->channels);
            const int32_t line = s->width * s->channels, side = s->padding_width * s->channels;
            memset(to, 0, sizeof *to * image);
            for (int32_t row = 0; row < s->height; row++) {
                int16_t *out =
                    to + (size_t)(row + s->padding_height) * (size_t)(width * s->channels) + side;
                for (int32_t k = 0; k < line; k++) {
                    out[k] = from[row * line + k];
                }
            }
        }
        for (int32_t p = 0; p < positions; p++) {
            const int32_t top = p / s->out_width * s->stride_height;
            const int32_t left = p % s->out_width * s->stride_width;
            w->offsets[p] = (top * width + left) * s->channels;
        }
        return (patches){w->wide,
                         image,
                         w->offsets,
                         batch,
                         positions,
                         s->kernel_height,
                         whole_vectors(run),
                         (size_t)(width * s->channels)};
    }
    const int32_t pitch = whole_vectors(s->kernel_height * run);
#pragma omp parallel for num_threads(w->threads)
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *from = x + (size_t)b * (size_t)(s->height * s->width * s->channels);
        int16_t *to = w->wide + (size_t)b * (size_t)positions * (size_t)pitch;
        memset(to, 0, sizeof *to * (size_t)positions * (size_t)pitch);
        for (int32_t p = 0; p < positions; p++, to += pitch) {
            const int32_t top = p / s->out_width * s->stride_height - s->padding_height;
            const int32_t left = p % s->out_width * s->stride_width - s->padding_width;
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    const int32_t row = top + i, column = left + j;
                    if (row < 0 || row >= s->height || column < 0 || column >= s->width) {
                        continue;
                    }
                    for (int32_t c = 0; c < s->channels; c++) {
                        to[i * run + j * s->channels + c] =
                            from[(row * s->width + column) * s->channels + c];
                    }
                }
            }
        }
    }
    for (int32_t p = 0; p < positions; p++) {
        w->offsets[p] = p * pitch;
    }
    return (patches){
        w->wide, (size_t)positions * (size_t)pitch, w->offsets, batch, positions, 1, pitch, 0};
}

/* Index in a row of patches of the weight (channel, i, j). */
static size_t patch_index(const stage *s, const patches *p, int32_t c, int32_t i, int32_t j) {
    const int32_t pitch = p->rows > 1 ? p->length : s->kernel_width * s->channels;
    return (size_t)(i * pitch + j * s->channels + c);
}

static void pack_kernels(int16_t *packed, const stage *s, const patches *p, int32_t threads) {
    const size_t pitch = (size_t)p->rows * (size_t)p->length;
    const size_t fan_in = (size_t)(s->channels * s->kernel_height * s->kernel_width);
#pragma omp parallel for num_threads(threads)
    for (int32_t o = 0; o < s->out_channels; o++) {
        const int16_t *from = s->weights + (size_t)o * fan_in;
        int16_t *to = packed + (size_t)o * pitch;
        memset(to, 0, sizeof *to * pitch);
        for (int32_t c = 0; c < s->channels; c++) {
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    to[patch_index(s, p, c, i, j)] = *from++;
                }
            }
        }
    }
}

/* Maps (batch, height, width, channels) <-> (batch, channels, height, width). */
static void transpose(int8_t *out, const int8_t *x, int32_t batch, int32_t outer, int32_t inner) {
    const size_t size = (size_t)outer * (size_t)inner;
    for (int32_t b = 0; b < batch; b++, out += size, x += size) {
        for (int32_t i = 0; i < outer; i++) {
            for (int32_t j = 0; j < inner; j++) {
                out[(size_t)j * (size_t)outer + (size_t)i] =
                    x[(size_t)i * (size_t)inner + (size_t)j];
            }
        }
    }
}

/* ---- classifiers: learning heads and the output layer ---- */

static double inverse_scale(int32_t fan_in) {
    return 1.0 / (256.0 * fan_in);
}

static void classify(int8_t *logits, workspace *w, const classifier *c, const int8_t *features,
                     int32_t batch, int32_t classes) {
    widen(w->wide_features, features, batch, c->features, w->threads);
    const int16_t *rows = whole_rows(w->packed, c->weights, classes, c->features, w->threads);
    const patches p = vectors_as_patches(w, w->wide_features, batch, c->features);
    scaled_products(logits, NULL, &p, rows, classes, inverse_scale(c->features), 0, 0, w->threads);
}

static void subtract_targets(int32_t *errors, const int8_t *logits, const int32_t *labels,
                             int32_t batch, int32_t classes) {
    for (int32_t b = 0; b < batch; b++) {
        for (int32_t g = 0; g < classes; g++) {
            errors[b * classes + g] = logits[b * classes + g] - (g == labels[b] ? TARGET : 0);
        }
    }
}

static void learn_classifier(workspace *w, const classifier *c, const int8_t *features,
                             int32_t batch, int32_t classes, const rule *r) {
    const descent d = {c->weights, c->gradient, r->head_rate, r->head_decay, c->limit};
    dense_gradient(&d, w->errors, features, batch, classes, c->features, w->pairs, w->digits,
                   w->threads);
}

/* delta (batch, features) = errors (batch, classes) * weights (classes, features). */
static void errors_of_features(int32_t *delta, const int32_t *errors, const classifier *c,
                               int32_t batch, int32_t classes, int32_t threads) {
    enum { PART = 32 };
    const int32_t features = c->features, whole = features / PART * PART;
#pragma omp parallel for num_threads(threads)
    for (int32_t b = 0; b < batch; b++) {
        int32_t *to = delta + (size_t)b * (size_t)features;
        const int32_t *error = errors + (size_t)b * (size_t)classes;
        for (int32_t k = 0; k < whole; k += PART) {
            int32_t sum[PART] = {0};
            for (int32_t g = 0; g < classes; g++) {
                const int16_t *weights = c->weights + (size_t)g * (size_t)features + k;
                for (int i = 0; i < PART; i++) {
                    sum[i] += error[g] * weights[i];
                }
            }
            memcpy(to + k, sum, sizeof sum);
        }
        for (int32_t k = whole; k < features; k++) {
            int32_t sum = 0;
            for (int32_t g = 0; g < classes; g++) {
                sum += error[g] * c->weights[(size_t)g * (size_t)features + (size_t)k];
            }
            to[k] = sum;
        }
    }
}

/* ---- blocks ---- */

static void learn_dense(workspace *w, const stage *s, const int8_t *x, const int8_t *h,
                        int32_t batch, int32_t classes, const rule *r) {
    errors_of_features(w->delta, w->errors, &s->head, batch, classes, w->threads);
    const double inverse = 1.0 / s->alpha_inv;
    for (size_t i = 0; i < (size_t)batch * (size_t)s->out_channels; i++) {
        w->delta[i] = nitro_relu_gradient(w->delta[i], w->scaled[i], inverse);
    }
    learn_classifier(w, &s->head, h, batch, classes, r);
    const descent d = {s->weights, s->gradient, r->rate, r->decay, s->limit};
    dense_gradient(&d, w->delta, x, batch, s->out_channels, s->channels, w->pairs, w->digits,
                   w->threads);
}

/* Errors on the patches under output channel o. Returns how many there are. */
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
                const int32_t cell = w->winners[from + (size_t)window];
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

static void learn_conv(workspace *w, const stage *s, const patches *p, int32_t batch,
                       int32_t classes, const rule *r) {
    errors_of_features(w->delta, w->errors, &s->head, batch, classes, w->threads);
    learn_classifier(w, &s->head, w->features, batch, classes, r);
    const descent d = {s->weights, s->gradient, r->rate, r->decay, s->limit};
    const int32_t fan_in = s->channels * s->kernel_height * s->kernel_width;
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (int32_t o = 0; o < s->out_channels; o++) {
        const size_t thread = (size_t)omp_get_thread_num();
        double *row = w->rows + thread * w->row_room, *ordered = w->ordered + thread * w->row_room;
        error_entry *entries = w->entries + thread * w->entry_room;
        const int32_t count = collect_errors(entries, w, s, p, o, batch);
        sparse_gradient(row, p, entries, count, w->entry_pairs + thread * 2 * w->entry_room);
        double *to = ordered;
        for (int32_t c = 0; c < s->channels; c++) {
            for (int32_t i = 0; i < s->kernel_height; i++) {
                for (int32_t j = 0; j < s->kernel_width; j++) {
                    *to++ = row[patch_index(s, p, c, i, j)];
                }
            }
        }
        descend(&d, (size_t)o * (size_t)fan_in, ordered, fan_in);
    }
}

/* ---- the network ---- */

/* What a step learns from; NULL where nothing learns. */
typedef struct {
    const int32_t *labels;
    const rule *rule;
} lesson;

static void run_dense(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
                      int32_t batch, const lesson *l) {
    widen(w->wide, x, batch, s->channels, w->threads);
    const int16_t *rows =
        whole_rows(w->packed, s->weights, s->out_channels, s->channels, w->threads);
    const patches p = vectors_as_patches(w, w->wide, batch, s->channels);
    scaled_products(w->scaled, h, &p, rows, s->out_channels, s->inverse_scale, s->alpha_inv,
                    s->mean, w->threads);
    if (l != NULL && s->learns) {
        classify(w->logits, w, &s->head, h, batch, n->classes);
        subtract_targets(w->errors, w->logits, l->labels, batch, n->classes);
        learn_dense(w, s, x, h, batch, n->classes, l->rule);
    }
}

static void run_conv(workspace *w, const network *n, const stage *s, int8_t *h, const int8_t *x,
                     int32_t batch, const lesson *l) {
    const patches p = maps_as_patches(w, s, x, batch);
    pack_kernels(w->packed, s, &p, w->threads);
    scaled_products(w->scaled, h, &p, w->packed, s->out_channels, s->inverse_scale, s->alpha_inv,
                    s->mean, w->threads);
    if (l != NULL && s->learns) {
        pool_features(w->features, w->winners, h, &s->pool, batch, s->out_channels, s->out_height,
                      s->out_width, w->threads);
        classify(w->logits, w, &s->head, w->features, batch, n->classes);
        subtract_targets(w->errors, w->logits, l->labels, batch, n->classes);
        learn_conv(w, s, &p, batch, n->classes, l->rule);
    }
}

/* h = saturate(tdiv(x * keep_scale, 1000), 127) where kept, else 0; x and h are maps, kept is not.
 */
static void drop(int8_t *h, const int8_t *x, const stage *s, int32_t batch) {
    const int32_t positions = s->height * s->width;
    for (int32_t b = 0; b < batch; b++) {
        for (int32_t p = 0; p < positions; p++) {
            for (int32_t c = 0; c < s->channels; c++, h++, x++) {
                const int keep =
                    s->kept[((size_t)b * (size_t)s->channels + (size_t)c) * (size_t)positions +
                            (size_t)p];
                *h = (int8_t)(keep ? clamp(*x * s->keep_scale / 1000, INT8_LIMIT) : 0);
            }
        }
    }
}

/* Logits into w->logits; the features of the output layer are returned. */
static const int8_t *run(workspace *w, const network *n, const int8_t *x, int32_t batch,
                         const lesson *l) {
    int32_t positions = 1, channels = n->output.features;
    int next = 0;
    if (n->count > 0) {
        positions = n->stages[0].height * n->stages[0].width;
        channels = n->stages[0].channels;
    }
    /* Maps come with their channels first. */
    if (positions > 1 && channels > 1) {
        transpose(w->activations[next], x, batch, channels, positions);
        x = w->activations[next];
        next = !next;
    }
    for (int32_t i = 0; i < n->count; i++) {
        const stage *s = &n->stages[i];
        if (s->kind == DROPOUT && (l == NULL || s->kept == NULL)) {
            continue;
        }
        if (s->kind == DENSE && positions > 1 && channels > 1) {
            transpose(w->activations[next], x, batch, positions, channels);
            x = w->activations[next];
            next = !next;
        }
        int8_t *h = w->activations[next];
        next = !next;
        if (s->kind == DENSE) {
            run_dense(w, n, s, h, x, batch, l);
        } else if (s->kind == CONV) {
            run_conv(w, n, s, h, x, batch, l);
        } else if (s->kind == DROPOUT) {
            drop(h, x, s, batch);
        } else {
            pool_maps(h, x, &s->pool, batch, s->channels, s->height, s->width, w->threads);
        }
        x = h;
        positions = s->out_height * s->out_width;
        channels = s->out_channels;
    }
    if (positions > 1 && channels > 1) {
        transpose(w->activations[next], x, batch, positions, channels);
        x = w->activations[next];
    }
    classify(w->logits, w, &n->output, x, batch, n->classes);
    return x;
}

/* logits: int8 (batch, classes); x: int8 (batch, channels, height, width). */
void integrad_logits(int8_t *logits, workspace *w, const network *n, const int8_t *x,
                     int32_t batch) {
    run(w, n, x, batch, NULL);
    memcpy(logits, w->logits, (size_t)batch * (size_t)n->classes);
}

/* One step on a batch. labels: (batch), below classes. What learns, and where to, is in n. */
void integrad_step(score *result, workspace *w, const network *n, const int8_t *x,
                   const int32_t *labels, int32_t batch, const rule *r) {
    const lesson l = {labels, r};
    const int8_t *features = run(w, n, x, batch, &l);
    subtract_targets(w->errors, w->logits, labels, batch, n->classes);
    *result = (score){0, 0};
    for (int32_t b = 0; b < batch; b++) {
        const int8_t *logits = w->logits + b * n->classes;
        int32_t best = 0;
        for (int32_t g = 0; g < n->classes; g++) {
            const int64_t error = w->errors[b * n->classes + g];
            result->loss += error * error;
            best = logits[g] > logits[best] ? g : best;
        }
        result->correct += best == labels[b];
    }
    if (n->output.learns) {
        learn_classifier(w, &n->output, features, batch, n->classes, r);
    }
}

/* Weights (count) follow gradients that integrad_step left elsewhere. */
void integrad_descend(int16_t *weights, const int64_t *gradient, size_t count, int32_t limit,
                      double rate, double decay) {
    const descent d = {weights, NULL, rate, decay, limit};
    descend_kept(&d, gradient, count);
}

/* Threads of the calls to come, at most as many as were reserved. */
void integrad_use_threads(workspace *w, int32_t threads) {
    w->threads = threads;
}

const char *integrad_description(void) {
#if defined(__AVX512VNNI__)
    return "AVX-512 with VNNI";
#elif defined(__AVX512BW__)
    return "AVX-512";
#elif defined(__AVX2__)
    return "AVX2";
#else
    return "portable vectors";
#endif
}
