/* Configurations as Keras up to 2.10 has them, made from those of tf_keras in place: what went by
 * other names then, and what there was not. */
#ifndef TL_FILES_KERAS_OLD_H
#define TL_FILES_KERAS_OLD_H

#include "files/keras_json.h"
#include "files/keras_target.h"

/* `config` is what tl_keras_write_model() made. */
tlstm_status tl_keras_make_model_old(const tlstm_model *model, const tl_keras_target *target,
                                     json_t *config, tlstm_error **error);
/* `training` is what tl_keras_write_training() made. */
tlstm_status tl_keras_make_training_old(const tlstm_model *model, const tl_keras_target *target,
                                        json_t *training, tlstm_error **error);

#endif
