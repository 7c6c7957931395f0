/* Making the error objects that public calls hand out. */
#ifndef TL_BASE_ERROR_H
#define TL_BASE_ERROR_H

#include "tinylstm/common.h"

#include <stdarg.h>

#if defined(__GNUC__)
#define TL_PRINTF(position, first) __attribute__((__format__(__printf__, position, first)))
/* Rarely called: what leads to it is kept out of the way of the rest. */
#define TL_COLD __attribute__((__cold__, __noinline__))
#define TL_OUTLINE __attribute__((__noinline__))
#else
#define TL_PRINTF(position, first)
#define TL_COLD
#define TL_OUTLINE
#endif

/*
 * Fills *error (when error is not NULL) and returns `code`, so that a failing line reads
 *     return tl_fail(error, TLSTM_ERROR_SHAPE, "x", "expected %zu columns, got %zu", want, got);
 * `where` may be NULL. An error that *error already holds is replaced.
 */
tlstm_status tl_fail(tlstm_error **error, tlstm_status code, const char *where, const char *format,
                     ...) TL_PRINTF(4, 5) TL_COLD;

/* The failure of an allocation: needs no memory itself. */
tlstm_status tl_fail_memory(tlstm_error **error) TL_COLD;

/* Puts `outer` before the place of the error: "a.h5" + "/model_weights" -> "a.h5:/model_weights".
 * Does nothing when error or *error is NULL; returns `code`. */
tlstm_status tl_fail_within(tlstm_error **error, tlstm_status code, const char *outer) TL_COLD;

/* A message that may quote names out of a file (tl_free): controls become blanks, and of what is
 * very long the middle is left out. NULL without memory. */
char *tl_format_line(const char *format, va_list arguments) TL_PRINTF(1, 0);

/* What the public functions of the same names do. */
const char *tl_status_text(tlstm_status status);
tlstm_status tl_error_code(const tlstm_error *error);
const char *tl_error_message(const tlstm_error *error);
const char *tl_error_where(const tlstm_error *error);
void tl_error_free(tlstm_error *error);

#endif
