/* The state of the optimizer in a legacy Keras file, the group /optimizer_weights; and what the
 * readers of all files share. */
#ifndef TL_FILES_KERAS_SLOTS_H
#define TL_FILES_KERAS_SLOTS_H

#include "files/hdf5.h"
#include "files/keras_target.h"
#include "model/model.h"

#define TL_KERAS_SLOTS "/optimizer_weights"

/* Restores the state of a compiled model as far as the file has it; what it has not becomes a note,
 * and the optimizer begins anew. Fails for want of memory only. */
tlstm_status tl_keras_read_slots(tl_h5 *file, tlstm_model *model, tlstm_error **error);

/* The same from a file of Keras 1 (keras_slots_old.c). */
tlstm_status tl_keras_read_old_slots(tl_h5 *file, tlstm_model *model, tlstm_error **error);

/* Writes it as the Keras of a target does (keras_slots_write.c). */
tlstm_status tl_keras_write_slots(tl_h5 *file, const tlstm_model *model,
                                  const tl_keras_target *target, tlstm_error **error);

/* Weights that have slots: the trainable ones, in order. */
size_t tl_keras_trainable_count(const tlstm_model *model);
const tl_weight *tl_keras_trainable_weight(const tlstm_model *model, size_t number);

/* Numbers of a file into a compiled model; `path` is for the message. */
tlstm_status tl_keras_set_iterations(tlstm_model *model, double number, const char *path,
                                     tlstm_error **error);
void tl_keras_set_learning_rate(tlstm_model *model, double number);

#define TL_KERAS_NO_COUNT                                                                          \
    "the file does not say how many updates the optimizer has made: it counts from 0"
#define TL_KERAS_NO_STATE "the file has no state of the optimizer: it begins anew"

/* A fresh state of what a model is compiled with; *replaced is the old one (tl_compiled_free). */
tlstm_status tl_keras_begin_anew(tlstm_model *model, tl_compiled **replaced, tlstm_error **error);

/* Ends a restoration that ended in `status` for `reason` (which is freed): what failed becomes a
 * note, and a fresh state. */
tlstm_status tl_keras_end_restore(tlstm_model *model, tlstm_status status, tlstm_error *reason,
                                  tlstm_error **error);

#endif
