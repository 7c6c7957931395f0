/* Which Keras a legacy `.h5` is written for: what tells the generations apart. */
#ifndef TL_FILES_KERAS_TARGET_H
#define TL_FILES_KERAS_TARGET_H

#include "model/model.h"
#include "tinylstm/file.h"

typedef struct tl_keras_target {
    const char *called;  /* in messages */
    const char *version; /* what `keras_version` says */
    int generation;      /* 2 or 3: how configurations are written, what hard_sigmoid means */
    int old;             /* optimizers of the kind up to Keras 2.10 alone, Model for Functional */
    int stand_alone;     /* Keras 2 itself: no InputLayer in a Sequential, `lr`, fewer names */
} tl_keras_target;

/* What TLSTM_KERAS_... stands for; TLSTM_ERROR_ARGUMENT when there is none of that number,
 * TLSTM_ERROR_UNSUPPORTED when the model has an activation that is another there. */
tlstm_status tl_keras_target_for(const tlstm_model *model, int32_t keras, tl_keras_target *target,
                                 tlstm_error **error);

/* What only Keras 3 reads: TLSTM_ERROR_ARGUMENT when the options ask for another Keras. */
tlstm_status tl_keras_check_is_for_3(const tlstm_save_options *options, tlstm_error **error);

#endif
