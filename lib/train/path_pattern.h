/* Paths with Keras's fields in them: "model-{epoch:02d}-{val_loss:.2f}.h5". */
#ifndef TL_TRAIN_PATH_PATTERN_H
#define TL_TRAIN_PATH_PATTERN_H

#include "base/text.h"
#include "train/callback.h"

/* Appends the path for an epoch's end. Of Python's format language: {name}, {name:[0][width]
 * [.precision][d|e|f|g]}, {{ and }}. `epoch` counts from 1, everything else is in the logs.
 * TLSTM_ERROR_ARGUMENT names what cannot be read. */
tlstm_status tl_path_pattern_fill(const char *pattern, const tl_training *training, tl_text *path,
                                  tlstm_error **error);

#endif
