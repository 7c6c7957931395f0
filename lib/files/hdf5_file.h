/*
 * What the files hdf5*.c share: an open file and its errors. Nothing else includes this header, and
 * no other file includes <hdf5.h>, so that another reader can take its place.
 */
#ifndef TL_FILES_HDF5_FILE_H
#define TL_FILES_HDF5_FILE_H

#include "files/hdf5.h"

#include <hdf5.h>

/* The longest attribute that fits an object header (Keras: HDF5_OBJECT_HEADER_LIMIT). */
#define TL_H5_LONGEST_ATTRIBUTE 64512
#define TL_H5_LEFT "is a link into another file, which is not followed"
/* No weight has more dimensions. */
#define TL_H5_MOST_DIMS 8

/* A data set that may be read. */
typedef struct tl_h5_set {
    char *path; /* NULL where there was no memory for it: then it is not found again */
    hid_t id;   /* 0: none */
    size_t ndim;
    hsize_t dims[TL_H5_MOST_DIMS];
} tl_h5_set;

/* Data sets that stay open: each is checked, read and noted, and opening one is what takes most of
 * the time of reading a small file. */
#define TL_H5_OPEN_SETS 64

struct tl_h5 {
    hid_t id;
    hid_t access; /* of links: none may leave the file */
    int left;     /* a link tried to */
    char *name;
    const void *bytes;
    size_t length;
    tl_h5_set sets[TL_H5_OPEN_SETS];
    size_t opened; /* sets so far; one more takes the place of the oldest */
    /* How the program wants libhdf5 to report, given back at the close. */
    H5E_auto2_t report;
    void *report_data;
};

/* "cannot <what>: <what libhdf5 says>" */
tlstm_status tl_h5_fail(const tl_h5 *file, const char *path, const char *what, tlstm_error **error);
tlstm_status tl_h5_fail_at(const tl_h5 *file, const char *path, tlstm_status code,
                           const char *message, tlstm_error **error);

void tl_h5_close_set(tl_h5_set *set);

/* Opens what a path leads to within the file: hdf5_read.c, so below. */
tlstm_status tl_h5_open_object(tl_h5 *file, const char *path, hid_t *object, tlstm_error **error);
/* h5py has no numbers for bfloat16: what Keras gives it becomes opaque elements of two bytes, which
 * Keras 3 marks with an attribute in its own layout and does not mark in the legacy one. */
int tl_h5_is_bfloat16(hid_t type);
/* "float32", "float64", "float16", "bfloat16", "float" of another size; NULL: it is none. */
const char *tl_h5_float_name(hid_t type);
/* How many dimensions a data space has; < 0: it is none of dimensions. */
int tl_h5_extent(hid_t space, hsize_t dims[H5S_MAX_RANK]);
/* "(4, 20)", cut where there is no room. */
void tl_h5_shape_text(size_t ndim, const hsize_t *dims, char *text, size_t size);
/* What is wrong with how a data set's numbers are stored; NULL: nothing. */
const char *tl_h5_storage_fault(hid_t set, tlstm_status *code);

#endif
