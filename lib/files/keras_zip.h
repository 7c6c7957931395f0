/* What a `.keras` archive holds. */
#ifndef TL_FILES_KERAS_ZIP_H
#define TL_FILES_KERAS_ZIP_H

#include "data/zip.h"
#include "files/format.h"

#define TL_KERAS_ZIP_CONFIG "config.json"
#define TL_KERAS_ZIP_METADATA "metadata.json"
#define TL_KERAS_ZIP_WEIGHTS "model.weights.h5"

/* A member of an archive, unpacked (tl_free), if it is not larger than such a member may be. */
tlstm_status tl_keras_zip_read(tl_zip *zip, const tl_source *source, const char *name, char **bytes,
                               size_t *length, tlstm_error **error);

#endif
