/* Small models and data for the tests of this folder. */
#ifndef TL_TESTS_MODELS_H
#define TL_TESTS_MODELS_H

#include "tinylstm/tinylstm.h"

/* A compiled model from the inner part of a Sequential's configuration, such as
 *     {"class_name": "LSTM", "config": {"units": 3}}, ...
 * on an input of `ndim` dimensions. Loss binary_crossentropy, RMSprop(0.01), accuracy. Fails the
 * test on an error. */
tlstm_model *test_model(size_t ndim, const int64_t *shape, const char *layers, uint64_t seed);

/* Reproducible numbers: tokens below `vocabulary`, features in [-1, 1), labels 0 and 1. */
tlstm_array *test_tokens(int64_t samples, int64_t timesteps, int32_t vocabulary);
tlstm_array *test_features(int64_t samples, int64_t timesteps, int64_t features);
tlstm_array *test_labels(int64_t samples);

/* All weights one behind the other; free with free(). */
float *test_weights(const tlstm_model *model, size_t *count);

#endif
