/* scikit-learn's train_test_split and NumPy's shuffled order. */
#ifndef TL_DATA_SPLIT_H
#define TL_DATA_SPLIT_H

#include "data/array.h"

tlstm_status tl_train_test_split(size_t samples, const tlstm_split_options *options,
                                 tlstm_array **train, tlstm_array **test, tlstm_error **error);
tlstm_status tl_shuffled_indices(size_t count, int64_t seed, tlstm_array **indices,
                                 tlstm_error **error);

/* split_classes.c: the class of each label, numbered in the order scikit-learn sorts them
 * (numpy.unique; rows of a matrix as text). `classes` has a number per row of `labels`. */
tlstm_status tl_split_classes(const tlstm_array *labels, size_t *classes, size_t *class_count,
                              tlstm_error **error);

#endif
