/*
 * HDF5 files in memory: the little of it that model files need, made safe. The files hdf5*.c alone
 * see <hdf5.h>, through hdf5_file.h.
 *
 * libhdf5 is not thread-safe in most builds: an open tl_h5 holds a lock of the process, so a thread
 * has at most one at a time and closes it soon. Paths are absolute, "/model_weights/lstm".
 */
#ifndef TL_FILES_HDF5_H
#define TL_FILES_HDF5_H

#include "base/error.h"

#include <stdint.h>

typedef struct tl_h5 tl_h5;

/* Whether the bytes have HDF5's signature where one may stand. */
int tl_h5_is_hdf5(const void *bytes, size_t length);

/* Opens a file image, borrowed until the close; errors call it `name`. */
tlstm_status tl_h5_open(const char *name, const void *bytes, size_t length, tl_h5 **file,
                        tlstm_error **error);
/* A new, empty file. */
tlstm_status tl_h5_create(tl_h5 **file, tlstm_error **error);
/* The bytes of a created file (tl_free). It is still to be closed. */
tlstm_status tl_h5_image(tl_h5 *file, char **bytes, size_t *length, tlstm_error **error);
void tl_h5_close(tl_h5 *file);
/* What errors call it. */
const char *tl_h5_name(const tl_h5 *file);
/* Whether a file of this length can hold so many floats: to be asked before there is memory for
 * them. */
int tl_h5_can_hold(const tl_h5 *file, double floats);

int tl_h5_has(tl_h5 *file, const char *path);
/* Whether an object at the root is called as the path (of one part), a backslash, and something. */
int tl_h5_has_windows_path(tl_h5 *file, const char *path);
int tl_h5_has_attribute(tl_h5 *file, const char *path, const char *name);

/* An attribute that is one string, of whatever kind (tl_free). */
tlstm_status tl_h5_read_string(tl_h5 *file, const char *path, const char *name, char **text,
                               tlstm_error **error);

/* A list of strings. Start from {0}. */
typedef struct tl_h5_names {
    char **items;
    size_t count;
} tl_h5_names;

/* Whether there is an attribute that tl_h5_read_names() reads. */
int tl_h5_has_names(tl_h5 *file, const char *path, const char *name);
/* An attribute that is a list of strings, or its parts name0, name1, ... into which Keras splits
 * what is too long for an attribute. */
tlstm_status tl_h5_read_names(tl_h5 *file, const char *path, const char *name, tl_h5_names *names,
                              tlstm_error **error);
tlstm_status tl_h5_names_add(tl_h5_names *names, const char *name, tlstm_error **error);
/* Turns names within a group into paths. */
tlstm_status tl_h5_names_within(tl_h5_names *names, const char *group, tlstm_error **error);
void tl_h5_names_clear(tl_h5_names *names);

/* TLSTM_ERROR_SHAPE unless a set of numbers has the shape; refuses what is not stored in this file
 * or runs through unknown filters. Reads nothing. */
tlstm_status tl_h5_check(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                         tlstm_error **error);
/* 1 when it has that shape, or, with `dims` NULL, as many dimensions. */
int tl_h5_has_shape(tl_h5 *file, const char *path, size_t ndim, const size_t *dims);

/* What numbers a data set has: "float64", "float16", "bfloat16", "float" of another size,
 * "integers"; NULL: float32, or nothing that can be read. */
const char *tl_h5_precision(tl_h5 *file, const char *path);

/* Numbers of any width and byte order as floats, bfloat16 among them. TLSTM_ERROR_SHAPE unless they
 * have that shape: checked before anything is read. */
tlstm_status tl_h5_read_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                               float *values, tlstm_error **error);
/* One number: a scalar, or a set of one. */
tlstm_status tl_h5_read_number(tl_h5 *file, const char *path, double *value, tlstm_error **error);

/* Writers. Groups on the way to a new group or data set are made. */
tlstm_status tl_h5_write_group(tl_h5 *file, const char *path, tlstm_error **error);
/* As h5py writes it: from `bytes` (ASCII) or from `str` (UTF-8), of variable length. */
tlstm_status tl_h5_write_string(tl_h5 *file, const char *path, const char *name, const char *text,
                                int utf8, tlstm_error **error);
/* As NumPy and h5py write a list of bytes: of the longest one's length, padded with NULs; in parts
 * where it is too long for an attribute; an empty one as no numbers. */
tlstm_status tl_h5_write_names(tl_h5 *file, const char *path, const char *name,
                               const tl_h5_names *names, tlstm_error **error);
tlstm_status tl_h5_write_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                                const float *values, tlstm_error **error);
tlstm_status tl_h5_write_integer(tl_h5 *file, const char *path, int64_t value, tlstm_error **error);

#endif
