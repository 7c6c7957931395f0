/* NumPy's .npy format (numpy/lib/format.py), 1.0 to 3.0. */
#ifndef TL_DATA_NPY_H
#define TL_DATA_NPY_H

#include "data/sequences.h"

/* Reads an array of numbers from the bytes of a .npy file. */
tlstm_status tl_npy_read(const char *bytes, size_t length, tlstm_array **array,
                         tlstm_error **error);

/* Reads a ragged array: objects that are lists or vectors of integers, or a matrix of integers. */
tlstm_status tl_npy_read_sequences(const char *bytes, size_t length, tlstm_sequences **sequences,
                                   tlstm_error **error);

tlstm_status tl_npy_load(const char *path, tlstm_array **array, tlstm_error **error);
tlstm_status tl_npy_save(const tlstm_array *array, const char *path, tlstm_error **error);

/* npy_header.c: what stands before the elements. */
typedef struct tl_npy_header {
    char kind;   /* 'f', 'i', 'u', 'b', 'O', or 'V' for two bytes of no type */
    char order;  /* '<', '>', '=' or '|' */
    size_t size; /* bytes of an element */
    int fortran; /* whether the first dimension runs fastest */
    size_t ndim; /* 0 for a scalar */
    int64_t shape[TLSTM_MAX_DIMS];
    size_t offset; /* where the elements begin */
} tl_npy_header;

tlstm_status tl_npy_header_read(const char *bytes, size_t length, tl_npy_header *header,
                                tlstm_error **error);

/* The number of elements, after a look whether a file of `length` bytes has them all: nothing is
 * allocated for a size that a damaged header invents. */
tlstm_status tl_npy_count(const tl_npy_header *header, size_t length, size_t *count,
                          tlstm_error **error);

/* Copies the `count` elements of a header's type to the dtype that holds them: the same for
 * float32/64 and int32/64, float32 for float16, int32 for narrower integers and booleans, int64 for
 * wider ones. */
tlstm_dtype tl_npy_dtype(const tl_npy_header *header);
tlstm_status tl_npy_elements(const tl_npy_header *header, const char *bytes, size_t count, void *to,
                             tlstm_error **error);

#endif
