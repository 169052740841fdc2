/* A training step of a whole network by backpropagation, and inference: the public functions. */
#include <string.h>

#include "backprop_buffers.h"
#include "backprop_conv.h"
#include "backprop_dense.h"
#include "backprop_loss.h"
#include "backprop_pools.h"
#include "backprop_requantise.h"
#include "backprop_update.h"

enum { INPUT_EXPONENT = -6, ERROR_EXPONENT = -7 };

static size_t input_size(const layer *l) {
    return (size_t)l->channels * (size_t)l->height * (size_t)l->width;
}

static size_t output_size(const layer *l) {
    return (size_t)l->out_channels * (size_t)l->out_height * (size_t)l->out_width;
}

static int has_weights(const layer *l) {
    return l->kind == DENSE || l->kind == CONV;
}

/* out (batch, inner, outer) of x (batch, outer, inner). */
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

/* y = saturate(x * keep_scale / 1000, 127) where kept, else 0: for activations and errors, which
 * are maps, whereas kept has the channels first. */
static void drop(int8_t *y, const int8_t *x, const layer *l, int32_t batch) {
    const int32_t positions = l->height * l->width;
    for (int32_t b = 0; b < batch; b++) {
        const uint8_t *kept = l->kept + (size_t)b * input_size(l);
        for (int32_t p = 0; p < positions; p++) {
            for (int32_t c = 0; c < l->channels; c++, x++, y++) {
                const int32_t scaled = *x * l->keep_scale / 1000;
                const int32_t cut = scaled > INT8_LIMIT    ? INT8_LIMIT
                                    : scaled < -INT8_LIMIT ? -INT8_LIMIT
                                                           : scaled;
                *y = (int8_t)(kept[(size_t)c * (size_t)positions + (size_t)p] ? cut : 0);
            }
        }
    }
}

/* Whether layer i takes maps as features, which are ordered channels first. */
static int is_flattened(const chain *c, int32_t i) {
    if (i == 0 || c->layers[i].kind != DENSE) {
        return 0;
    }
    const layer *before = &c->layers[i - 1];
    return before->out_channels > 1 && before->out_height * before->out_width > 1;
}

static const int8_t *order_input(buffers *b, const chain *c, const int8_t *x, int32_t batch) {
    const layer *first = &c->layers[0];
    const int32_t positions = first->height * first->width;
    if (positions == 1 || first->channels == 1) {
        return x;
    }
    transpose(b->input, x, batch, first->channels, positions);
    return b->input;
}

/* Computes b->inputs, the last of which are the scores, and their exponents. */
static void run(buffers *b, chain *c, const int8_t *x, int32_t batch, int training) {
    b->inputs[0] = order_input(b, c, x, batch);
    b->exponents[0] = INPUT_EXPONENT;
    for (int32_t i = 0; i < c->count; i++) {
        layer *l = &c->layers[i];
        int8_t *y = b->outputs[i];
        b->exponents[i + 1] = b->exponents[i];
        if (has_weights(l)) {
            b->exponents[i + 1] += l->scales[WEIGHT_EXPONENT] + l->scales[OUTPUT_SHIFT];
        }
        if (is_flattened(c, i)) {
            const layer *before = &c->layers[i - 1];
            transpose(b->flat[i], b->inputs[i], batch, before->out_height * before->out_width,
                      before->out_channels);
            b->inputs[i] = b->flat[i];
        }
        b->inputs[i + 1] = y;
        if (l->kind == DENSE) {
            dense_forward(b, l, y, b->inputs[i], batch);
        } else if (l->kind == CONV) {
            conv_forward(b, l, y, b->maps[i], b->inputs[i], batch);
        } else if (l->kind != DROPOUT) {
            pool_forward(l, y, b->inputs[i], batch, b->threads);
        } else if (training && l->kept != NULL) {
            drop(y, b->inputs[i], l, batch);
        } else {
            b->inputs[i + 1] = b->inputs[i];
        }
    }
}

/* Learn from the errors of the output of layer i and compute those of its input, if needed. */
static void learn_weights(buffers *b, chain *c, int32_t i, int8_t *below, int8_t *errors,
                          int32_t batch, const backprop_rule *r, int32_t exponent, int is_last) {
    layer *l = &c->layers[i];
    const int8_t *x = b->inputs[i];
    if (!l->is_output) {
        activate_leaky_backward(errors, b->outputs[i], (size_t)batch * output_size(l), l->leak);
    }
    if (!is_last) {
        const layer *before = &c->layers[i - 1];
        const int8_t *active = has_weights(before) && before->leak == 0 ? x : NULL;
        if (l->kind == DENSE) {
            dense_errors(b, l, below, errors, active, batch);
        } else {
            conv_errors(b, l, below, errors, active, batch);
        }
    }
    const int32_t product = exponent + b->exponents[i];
    if (l->kind == DENSE) {
        dense_learn(b, l, errors, x, batch, r, product);
    } else {
        conv_learn(b, l, errors, x, b->maps[i], batch, r, product);
    }
}

/* errors: b->errors[0], of the scores. first: index of the first layer that learns. */
static void backpropagate(buffers *b, chain *c, int32_t first, int32_t batch,
                          const backprop_rule *r) {
    int32_t exponent = ERROR_EXPONENT;
    int current = 0;
    for (int32_t i = c->count - 1; i >= first; i--) {
        layer *l = &c->layers[i];
        int8_t *errors = b->errors[current], *below = b->errors[!current];
        if (has_weights(l)) {
            learn_weights(b, c, i, below, errors, batch, r, exponent, i == first);
            exponent += l->scales[WEIGHT_EXPONENT] + l->scales[ERROR_SHIFT];
            if (i > first && is_flattened(c, i)) {
                const layer *before = &c->layers[i - 1];
                transpose(errors, below, batch, before->out_channels,
                          before->out_height * before->out_width);
                current = !current;
            }
        } else if (l->kind != DROPOUT) {
            pool_backward(l, below, errors, b->inputs[i], b->outputs[i], batch, b->threads);
        } else if (l->kept != NULL) {
            drop(below, errors, l, batch);
        } else {
            continue;
        }
        current = !current;
    }
}

/* logits: int8 (batch, classes); x: int8 (batch, channels, height, width). */
ENTRY_POINT void backprop_logits(int8_t *logits, buffers *b, chain *c, const int8_t *x,
                                 int32_t batch) {
    run(b, c, x, batch, 0);
    memcpy(logits, b->inputs[c->count], (size_t)batch * (size_t)c->classes);
}

/* Adapt the shifts of the layers from `first` on, unless their gradients are stored only. */
static void adapt_shifts(const chain *c, int32_t first) {
    for (int32_t i = first; i < c->count; i++) {
        const layer *l = &c->layers[i];
        if (has_weights(l) && l->gradient == NULL) {
            adapt_shift(&l->scales[OUTPUT_SHIFT], l->sum_bits);
            adapt_shift(&l->scales[ERROR_SHIFT], l->error_bits);
        }
    }
}

/* A training step. labels: (batch), below classes. c says which layers learn, the last ones. */
ENTRY_POINT void backprop_step(score *result, buffers *b, chain *c, const int8_t *x,
                               const int32_t *labels, int32_t batch, const backprop_rule *r) {
    int32_t first = c->count;
    for (int32_t i = c->count - 1; i >= 0; i--) {
        c->layers[i].sum_bits = c->layers[i].error_bits = NO_MAXIMUM;
        first = c->layers[i].learns ? i : first;
    }
    run(b, c, x, batch, 1);
    output_errors(result, b->errors[0], b->inputs[c->count], labels, batch, c->classes,
                  b->exponents[c->count], r->cross_entropy);
    backpropagate(b, c, first, batch, r);
    if (r->delayed) {
        adapt_shifts(c, first);
    }
}

/* Number of threads of later calls, at most as many as were reserved. */
ENTRY_POINT void backprop_use_threads(buffers *b, int32_t threads) {
    b->threads = threads;
}
