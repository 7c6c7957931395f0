/*
 * An unpickler for one thing: NumPy object arrays whose elements are lists or vectors of integers,
 * pickled with protocol 2 to 5. It knows the opcodes and the names that these are made of, and
 * refuses every other one; a name is never looked up anywhere, so no code can run.
 */
#ifndef TL_DATA_PICKLE_H
#define TL_DATA_PICKLE_H

#include "data/sequences.h"

/* `ndim` and `shape` are what the npy header says of the array; the pickle must agree. */
tlstm_status tl_pickle_read_sequences(const char *bytes, size_t length, size_t ndim,
                                      const int64_t *shape, tlstm_sequences **sequences,
                                      tlstm_error **error);

#endif
