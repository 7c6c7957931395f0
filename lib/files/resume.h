/*
 * What going on to the last bit needs and Keras's files have no place for: the seed, how many
 * shuffles and dropout masks were drawn, the states of stateful layers, the learning rate with all
 * its digits, which formulas an optimizer has. It lies in a group of its own, /tinylstm, beside
 * Keras's: every Keras looks up what it knows by name, so none sees it, and none writes it again.
 */
#ifndef TL_FILES_RESUME_H
#define TL_FILES_RESUME_H

#include "files/hdf5.h"
#include "model/model.h"

#define TL_RESUME_GROUP "/tinylstm"

tlstm_status tl_resume_write(tl_h5 *file, const tlstm_model *model, tlstm_error **error);

/* Whose the optimizer's settings are. */
typedef enum tl_resume_scope {
    TL_RESUME_MODEL, /* the file's: the whole model comes from it */
    TL_RESUME_STATE  /* the model's own: it takes weights and states from the file */
} tl_resume_scope;

/* Restores it where the file has it; a damaged one, or one of somebody else, becomes a note and
 * changes nothing. Fails for want of memory only. */
tlstm_status tl_resume_read(tl_h5 *file, tl_resume_scope scope, tlstm_model *model,
                            tlstm_error **error);

#endif
