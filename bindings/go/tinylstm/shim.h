/* What the Go package includes: the library's headers, and the C functions that lead back to Go. */
#ifndef TL_GO_SHIM_H
#define TL_GO_SHIM_H

#include <stdlib.h>
#include <tinylstm/tinylstm.h>

/* Until 1.0 the ABI epoch may change with the minor version. */
#if TLSTM_VERSION_MAJOR != 0 || TLSTM_VERSION_MINOR != 1
#error "this Go package is for libtinylstm 0.1"
#endif

/* When a callback is called; bits, so that several can be asked for. */
enum {
    TL_GO_TRAIN_BEGIN = 1,
    TL_GO_EPOCH_BEGIN = 2,
    TL_GO_BATCH_END = 4,
    TL_GO_EPOCH_END = 8,
    TL_GO_TRAIN_END = 16
};

/* A callback that calls the Go value behind `handle` at `events`. The handle is a number: as a
 * `void *` in Go memory the garbage collector would take it for an address. */
tlstm_status tl_go_callback_new(uintptr_t handle, int32_t events, tlstm_callback **callback,
                                tlstm_error **error);

/* Progress text goes to the Go value behind `handle`. */
void tl_go_fit_write(tlstm_fit_options *options, uintptr_t handle);
void tl_go_run_write(tlstm_run_options *options, uintptr_t handle);

#endif
