/* The state of the optimizer in a legacy Keras file: the group /optimizer_weights. */
#ifndef TL_FILES_KERAS_SLOTS_H
#define TL_FILES_KERAS_SLOTS_H

#include "files/hdf5.h"
#include "model/model.h"

/* Restores the state of a compiled model as far as the file has it; what it has not becomes a note,
 * and the optimizer begins anew. Fails for want of memory only. */
tlstm_status tl_keras_read_slots(tl_h5 *file, tlstm_model *model, tlstm_error **error);

/* Writes it as tf_keras does. */
tlstm_status tl_keras_write_slots(tl_h5 *file, const tlstm_model *model, tlstm_error **error);

#endif
