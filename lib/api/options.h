/*
 * Arguments as they come from programs: pointers that must not be NULL, and options of older and
 * newer headers than the library's.
 */
#ifndef TL_API_OPTIONS_H
#define TL_API_OPTIONS_H

#include "base/error.h"

/* TLSTM_ERROR_ARGUMENT when `pointer` is NULL. */
static inline tlstm_status tl_require(const void *pointer, const char *name, tlstm_error **error) {
    return pointer ? TLSTM_OK : tl_fail(error, TLSTM_ERROR_ARGUMENT, name, "must not be NULL");
}

/*
 * Copies options that begin with a `size_t struct_size` over `known`, which holds the defaults and
 * is `known_size` long. Shorter options (an older header) leave the defaults of what they lack.
 * Longer ones (a newer header) must have zeros where this library knows nothing. `given` may be
 * NULL.
 */
tlstm_status tl_options_read(const void *given, const char *name, void *known, size_t known_size,
                             tlstm_error **error);

#endif
