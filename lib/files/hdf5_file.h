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

struct tl_h5 {
    hid_t id;
    hid_t access; /* of links: none may leave the file */
    int left;     /* a link tried to */
    char *name;
    const void *bytes;
    size_t length;
    /* How the program wants libhdf5 to report, given back at the close. */
    H5E_auto2_t report;
    void *report_data;
};

/* "cannot <what>: <what libhdf5 says>" */
tlstm_status tl_h5_fail(const tl_h5 *file, const char *path, const char *what, tlstm_error **error);
tlstm_status tl_h5_fail_at(const tl_h5 *file, const char *path, tlstm_status code,
                           const char *message, tlstm_error **error);

#endif
