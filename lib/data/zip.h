/* Files inside a zip archive that is in memory, read through minizip. */
#ifndef TL_DATA_ZIP_H
#define TL_DATA_ZIP_H

#include "base/error.h"

typedef struct tl_zip tl_zip;

/* `bytes` must outlive the archive. */
tlstm_status tl_zip_open(const void *bytes, size_t length, tl_zip **zip, tlstm_error **error);
void tl_zip_close(tl_zip *zip);

/*
 * The whole file `name` (tl_free), with a NUL behind its last byte. At most `limit` bytes, and
 * never more memory than about twice what the archive really unpacks to, whatever its headers say.
 */
tlstm_status tl_zip_read(tl_zip *zip, const char *name, size_t limit, char **bytes, size_t *length,
                         tlstm_error **error);

#endif
