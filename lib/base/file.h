/* Whole files in and out; writing is atomic. */
#ifndef TL_BASE_FILE_H
#define TL_BASE_FILE_H

#include "base/error.h"

#include <stdint.h>

/* Reads a whole file. *bytes (free with tl_free) has a NUL behind its last byte. Refuses
 * directories and files larger than `limit`. */
tlstm_status tl_file_read(const char *path, size_t limit, char **bytes, size_t *length,
                          tlstm_error **error);

/* Replaces `path` by `length` bytes: writes a temporary file beside it, flushes it to the disk,
 * renames it. Whatever happens, `path` is the old file or the new one, whole. */
tlstm_status tl_file_write(const char *path, const void *bytes, size_t length, tlstm_error **error);

/* The two halves for a writer that needs a file of its own (HDF5): a fresh temporary file beside
 * `path` (its name in *temporary, tl_free), then either its flush and rename over `path`, or its
 * removal. */
tlstm_status tl_file_temporary(const char *path, char **temporary, tlstm_error **error);
tlstm_status tl_file_commit(const char *temporary, const char *path, tlstm_error **error);
void tl_file_discard(const char *temporary);

#endif
