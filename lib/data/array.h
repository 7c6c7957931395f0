/* Dense arrays: the inside of tlstm_array. */
#ifndef TL_DATA_ARRAY_H
#define TL_DATA_ARRAY_H

#include "base/error.h"
#include "tinylstm/data.h"

struct tlstm_array {
    tlstm_dtype dtype;
    size_t ndim;
    int64_t shape[TLSTM_MAX_DIMS];
    size_t size; /* elements */
    void *data;
    int borrowed; /* `data` belongs to somebody else */
};

/* Bytes of an element; 0 for a number that names no dtype. */
size_t tl_dtype_size(tlstm_dtype dtype);
/* "float32"; "unknown" for a number that names no dtype. */
const char *tl_dtype_name(tlstm_dtype dtype);

tlstm_status tl_array_new(tlstm_dtype dtype, size_t ndim, const int64_t *shape, tlstm_array **array,
                          tlstm_error **error);
tlstm_status tl_array_wrap(void *data, tlstm_dtype dtype, size_t ndim, const int64_t *shape,
                           tlstm_array **array, tlstm_error **error);
void tl_array_free(tlstm_array *array);
tlstm_status tl_array_take(const tlstm_array *array, const int64_t *indices, size_t count,
                           tlstm_array **taken, tlstm_error **error);

/* A vector of int64. */
tlstm_status tl_array_new_int64(size_t count, tlstm_array **array, tlstm_error **error);

/* Converts `count` elements as a C cast does; a NaN or a number that the target cannot hold is an
 * error. */
tlstm_status tl_convert(void *to, tlstm_dtype to_type, const void *from, tlstm_dtype from_type,
                        size_t count, tlstm_error **error);

tlstm_status tl_to_categorical(const tlstm_array *classes, int64_t num_classes,
                               tlstm_array **one_hot, tlstm_error **error);

#endif
