/* A training step of a whole network, and inference: the public functions of the native engine. */
#include <string.h>

#include "blocks.h"
#include "classifiers.h"
#include "gradients.h"
#include "pools.h"
#include "rounding.h"
#include "workspace.h"

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

/* Computes w->logits and returns the features of the output layer. */
static const int8_t *run(workspace *w, const network *n, const int8_t *x, int32_t batch,
                         const lesson *l) {
    int32_t positions = 1, channels = n->output.features;
    int next = 0;
    if (n->count > 0) {
        positions = n->stages[0].height * n->stages[0].width;
        channels = n->stages[0].channels;
    }
    /* The input maps are stored channels first. */
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
ENTRY_POINT void integrad_logits(int8_t *logits, workspace *w, const network *n, const int8_t *x,
                                 int32_t batch) {
    run(w, n, x, batch, NULL);
    memcpy(logits, w->logits, (size_t)batch * (size_t)n->classes);
}

/* A training step. labels: (batch), below classes. n says which weights learn. */
ENTRY_POINT void integrad_step(score *result, workspace *w, const network *n, const int8_t *x,
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

/* Update weights (count) from gradients that integrad_step stored. */
ENTRY_POINT void integrad_descend(int16_t *weights, const int64_t *gradient, size_t count,
                                  int32_t limit, double rate, double decay) {
    const descent d = {weights, NULL, rate, decay, limit};
    descend_kept(&d, gradient, count);
}

/* Number of threads of later calls, at most as many as were reserved. */
ENTRY_POINT void integrad_use_threads(workspace *w, int32_t threads) {
    w->threads = threads;
}

ENTRY_POINT const char *integrad_description(void) {
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
