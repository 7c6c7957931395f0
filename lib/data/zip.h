/* Zip archives in memory, read and written through minizip. */
#ifndef TL_DATA_ZIP_H
#define TL_DATA_ZIP_H

#include "base/error.h"

typedef struct tl_zip tl_zip;

/* `bytes` must outlive the archive. */
tlstm_status tl_zip_open(const void *bytes, size_t length, tl_zip **zip, tlstm_error **error);
void tl_zip_close(tl_zip *zip);
int tl_zip_has(tl_zip *zip, const char *name);

/*
 * The whole file `name` (tl_free), with a NUL behind its last byte. At most `limit` bytes, and
 * never more memory than about twice what the archive really unpacks to, whatever its headers say.
 */
tlstm_status tl_zip_read(tl_zip *zip, const char *name, size_t limit, char **bytes, size_t *length,
                         tlstm_error **error);

/* The name of the archive's first file, and then of the next one with each call (tl_free); NULL
 * behind the last. */
tlstm_status tl_zip_next(tl_zip *zip, int first, char **name, tlstm_error **error);

/* The first bytes of the file at hand, as many as it has and `size` at most, into `bytes`, and how
 * long the archive says that the whole file is. */
tlstm_status tl_zip_peek(tl_zip *zip, const char *name, size_t size, char *bytes, size_t *got,
                         size_t *length, tlstm_error **error);

/* An archive that is being written; its files are stored, not compressed. The same files give the
 * same bytes, whenever. */
typedef struct tl_zip_writer tl_zip_writer;

tlstm_status tl_zip_create(tl_zip_writer **zip, tlstm_error **error);
tlstm_status tl_zip_add(tl_zip_writer *zip, const char *name, const void *bytes, size_t length,
                        tlstm_error **error);
/* The archive's bytes (tl_free). It is still to be discarded, and takes no more files. */
tlstm_status tl_zip_finish(tl_zip_writer *zip, char **bytes, size_t *length, tlstm_error **error);
void tl_zip_discard(tl_zip_writer *zip);

#endif
