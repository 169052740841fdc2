/* Linear classifiers: learning heads and the output layer. */
#ifndef INTEGRAD_CLASSIFIERS_H
#define INTEGRAD_CLASSIFIERS_H

#include "model.h"
#include "workspace.h"

/* logits (batch, classes) of features (batch, features). */
void classify(int8_t *logits, workspace *w, const classifier *c, const int8_t *features,
              int32_t batch, int32_t classes);

/* errors (batch, classes) = logits - targets; labels: (batch). */
void subtract_targets(int32_t *errors, const int8_t *logits, const int32_t *labels, int32_t batch,
                      int32_t classes);

/* delta (batch, features) = errors (batch, classes) * weights (classes, features). */
void errors_of_features(int32_t *delta, const int32_t *errors, const classifier *c, int32_t batch,
                        int32_t classes, int32_t threads);

/* Update the classifier from w->errors and its features (batch, features). */
void learn_classifier(workspace *w, const classifier *c, const int8_t *features, int32_t batch,
                      int32_t classes, const rule *r);

#endif
