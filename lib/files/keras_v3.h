/*
 * The variables of Keras's third serialisation: an HDF5 file that names them by their place in the
 * object, `/layers/lstm_1/cell/vars/0`, whatever the layer is called. It is what .weights.h5 files
 * are, and what .keras files hold.
 */
#ifndef TL_FILES_KERAS_V3_H
#define TL_FILES_KERAS_V3_H

#include "files/format.h"
#include "files/hdf5.h"

#define TL_KERAS_V3_LAYERS "/layers"
/* What Keras 2.12 to 2.14 call it. */
#define TL_KERAS_V3_OLD_LAYERS "/_layer_checkpoint_dependencies"

/* Compares every shape with those of a model that is laid out, before there is memory for any
 * weight. */
tlstm_status tl_keras_v3_check(tl_h5 *file, const tlstm_model *model, tlstm_error **error);
/* Reads what has been checked into a block like the model's parameters. */
tlstm_status tl_keras_v3_read(tl_h5 *file, const tlstm_model *model, float *parameters,
                              tlstm_error **error);

/* Tells the model which of its weights are of another type in the file. */
tlstm_status tl_keras_v3_note(tl_h5 *file, tlstm_model *model, tlstm_error **error);

/* The weights alone into a built model, all or nothing. */
tlstm_status tl_keras_v3_load_weights(tl_h5 *file, tlstm_model *model, tlstm_error **error);

/* Restores the state of a compiled model's optimizer as far as the file has it; what it has not
 * becomes a note, and the optimizer begins anew. Where it is `assumed` to be RMSprop, as the file
 * does not say, a state is not taken that is seen to be another's. Fails for want of memory only.
 */
tlstm_status tl_keras_v3_read_state(tl_h5 *file, tlstm_model *model, int assumed,
                                    tlstm_error **error);

/* The bytes of such a file (tl_free), with the optimizer's state where `optimizer` is set. */
tlstm_status tl_keras_v3_write(const tlstm_model *model, int optimizer, char **bytes,
                               size_t *length, tlstm_error **error);

#endif
