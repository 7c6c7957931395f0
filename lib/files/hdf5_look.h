/*
 * Looking at an HDF5 file without knowing what is in it, for reports: what groups hold, what data
 * sets are like. Links to other places are told and never followed.
 */
#ifndef TL_FILES_HDF5_LOOK_H
#define TL_FILES_HDF5_LOOK_H

#include "files/hdf5.h"

typedef enum tl_h5_kind {
    TL_H5_GROUP,
    TL_H5_SET,
    TL_H5_SOFT_LINK,
    TL_H5_EXTERNAL_LINK,
    TL_H5_TYPE,
    TL_H5_DAMAGED /* what cannot be opened */
} tl_h5_kind;

typedef struct tl_h5_child {
    char *name;
    tl_h5_kind kind;
    char *target;   /* of a link: where it leads; else NULL */
    uint64_t place; /* in the file: the same where two names are one object */
} tl_h5_child;

/* Start from {0}. */
typedef struct tl_h5_children {
    tl_h5_child *items;
    size_t count;
    size_t more;    /* how many there are besides */
    int damaged;    /* not all of them could be read */
    uint64_t place; /* of the group itself */
} tl_h5_children;

/* What a group holds, in the order of names, numbers in them by value; at most `most` are kept.
 * Damage is no error. */
tlstm_status tl_h5_list(tl_h5 *file, const char *path, size_t most, tl_h5_children *children,
                        tlstm_error **error);
/* Where a path leads that ends in a link (tl_free); NULL: it does not. */
char *tl_h5_link_target(tl_h5 *file, const char *path);
void tl_h5_children_clear(tl_h5_children *children);

/* How many attributes an object has. Their names are not to be had: libhdf5 1.10 crashes when it
 * lists those of a damaged object. */
size_t tl_h5_count_attributes(tl_h5 *file, const char *path);

/* What a data set is like. */
typedef struct tl_h5_about {
    char dtype[32];    /* "float32", "int64", "string"; byte orders are all the same to readers */
    char shape[128];   /* "(4, 20)"; "none" where it has no shape */
    double count;      /* of elements: claimed, however many */
    uint64_t end;      /* the first byte behind numbers that lie in one piece; else 0 */
    const char *fault; /* why its numbers cannot be read; NULL: they can */
} tl_h5_about;

/* Reads nothing of it. */
tlstm_status tl_h5_look(tl_h5 *file, const char *path, tl_h5_about *about, tlstm_error **error);

/* ---- hdf5_image.c: of the bytes alone ---- */

/* How long a file image claims to be; 0 where it does not say. */
uint64_t tl_h5_claimed_length(const void *bytes, size_t length);

#endif
