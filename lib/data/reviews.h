/* Reviews with labels: Keras's IMDB set, and the generated one. */
#ifndef TL_DATA_REVIEWS_H
#define TL_DATA_REVIEWS_H

#include "data/sequences.h"

struct tlstm_reviews {
    tlstm_sequences *x_train, *x_test;
    tlstm_array *y_train, *y_test; /* int64 */
};

void tl_reviews_free(tlstm_reviews *reviews);

tlstm_status tl_imdb_load(const char *path, const tlstm_imdb_options *options,
                          tlstm_reviews **reviews, tlstm_error **error);

/* Where Keras keeps a data set: $KERAS_HOME or ~/.keras, then datasets/`name` (tl_free); NULL
 * without home or memory. */
char *tl_keras_dataset(const char *name);

tlstm_status tl_reviews_generate(size_t train, size_t test, uint64_t seed, tlstm_reviews **reviews,
                                 tlstm_error **error);
/* The generated reviews' words by rank, rank 1 first. */
const char *const *tl_reviews_words(size_t *count);

#endif
