/* Legacy Keras HDF5: keras_h5.c and its other half, keras_h5_write.c. */
#ifndef TL_FILES_KERAS_H5_H
#define TL_FILES_KERAS_H5_H

#include "files/format.h"
#include "files/keras_target.h"

/* A format's load_weights, for all HDF5 files. */
tlstm_status tl_keras_h5_load_weights(const tl_source *source, tlstm_model *model,
                                      tlstm_error **error);

/* A format's save. */
tlstm_status tl_keras_h5_save(const tlstm_model *model, const tlstm_save_options *options,
                              char **bytes, size_t *length, tlstm_error **error);

/* What a weight is called in a target: "lstm/kernel:0" (tl_free). */
tlstm_status tl_keras_weight_name(const tl_keras_target *target, const tlstm_model *model,
                                  const tl_layer *layer, const tl_weight *weight, char **name,
                                  tlstm_error **error);

#endif
