#include "classifiers.h"

#include <string.h>

#include "gradients.h"
#include "patches.h"
#include "products.h"

void classify(int8_t *logits, workspace *w, const classifier *c, const int8_t *features,
              int32_t batch, int32_t classes) {
    widen(w->wide_features, features, batch, c->features, w->threads);
    const int16_t *rows = whole_rows(w->packed, c->weights, classes, c->features, w->threads);
    const patches p = vectors_as_patches(w, w->wide_features, batch, c->features);
    scaled_products(logits, NULL, &p, rows, classes, classes, c->features, 0, 0, c->wide,
                    w->threads);
}

void subtract_targets(int32_t *errors, const int8_t *logits, const int32_t *labels, int32_t batch,
                      int32_t classes) {
    for (int32_t b = 0; b < batch; b++) {
        for (int32_t g = 0; g < classes; g++) {
            errors[b * classes + g] = logits[b * classes + g] - (g == labels[b] ? TARGET : 0);
        }
    }
}

void learn_classifier(workspace *w, const classifier *c, const int8_t *features, int32_t batch,
                      int32_t classes, const rule *r) {
    const descent d = {c->weights, c->gradient, r->head_rate, r->head_decay, c->limit};
    dense_gradient(&d, w->errors, features, batch, classes, c->features, w->pairs, w->digits,
                   w->threads);
}

void errors_of_features(int32_t *delta, const int32_t *errors, const classifier *c, int32_t batch,
                        int32_t classes, int32_t threads) {
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
