/*
 * Weights from named arrays into a built model. An order (Keras's, PyTorch's) says which arrays a
 * weight is made from and how they are laid out; what it says is checked whole before any element
 * is read, and the model is changed at the very end.
 */
#ifndef TL_FILES_IMPORT_H
#define TL_FILES_IMPORT_H

#include "files/entries.h"
#include "tinylstm/weights.h"

/* The most gates a layer has. */
enum { TL_MOST_GATES = 4 };

/* What becomes of one array. */
typedef struct tl_share {
    const tl_weight *weight;     /* NULL: nothing as yet */
    int turned;                  /* PyTorch's (out, in) for Keras's (in, out) */
    int added;                   /* to what another array has brought: PyTorch's second bias */
    size_t row;                  /* of a weight with a row for each bias */
    size_t gates;                /* 0: all as it comes; else groups of outputs ... */
    const unsigned char *places; /* ... and where each of them goes */
} tl_share;

typedef struct tl_import {
    const tlstm_model *model;
    const tl_entries *entries;
    const tlstm_weights_options *options;
    tl_share *shares; /* of each entry */
} tl_import;

/* An order: fills in the share of every entry, so that none is left over and every weight has what
 * it is made from; or says which is at fault. `places` has the entry of each number where all are
 * named by number, "arr_0" or "0", as numpy.savez() names arrays that are given without names; it
 * is NULL where they have names. */
tlstm_status tl_import_keras(const tl_import *import, const size_t *places, tlstm_error **error);
tlstm_status tl_import_pytorch(const tl_import *import, const size_t *places, tlstm_error **error);

/* TLSTM_ERROR_SHAPE unless an entry has the shape that `wanted` wants. */
tlstm_status tl_import_check_shape(const tl_entry *entry, const char *wanted, size_t ndim,
                                   const size_t *dims, tlstm_error **error);

/* The whole: all or nothing, with notes on the model about what was converted. */
tlstm_status tl_import_weights(tlstm_model *model, const tl_entries *entries,
                               const tlstm_weights_options *options, tlstm_error **error);

#endif
