/* What compile() was given, as Keras's `training_config` and `compile_config`. */
#ifndef TL_FILES_KERAS_TRAINING_H
#define TL_FILES_KERAS_TRAINING_H

#include "files/keras_json.h"

/*
 * Compiles a built model. What the library has not (an optimizer, a loss, a metric) is no reason to
 * refuse a model that can predict: it becomes a note, and without loss or optimizer the model stays
 * uncompiled. Fails for want of memory only. `version` is the file's keras_version or NULL.
 */
tlstm_status tl_keras_read_training(tlstm_model *model, const char *text, int generation,
                                    const char *version, tlstm_error **error);

/* Ends a compilation that ended in `status` for `reason` (which is freed): what failed becomes a
 * note. */
tlstm_status tl_keras_end_compile(tlstm_model *model, tlstm_status status, tlstm_error *reason,
                                  tlstm_error **error);

/* A new reference; the model is compiled. */
tlstm_status tl_keras_write_training(const tlstm_model *model, json_t **config,
                                     tlstm_error **error);

/* The same of a .keras file: `compile_config`, which may be NULL, null or empty when the model is
 * not compiled. An optimizer that is not said in it is filled in, with a note. */
tlstm_status tl_keras_read_compile_config(tlstm_model *model, json_t *config, int generation,
                                          const char *version, tlstm_error **error);
int tl_keras_says_optimizer(const json_t *compile_config);
/* A new reference; the model is compiled. Keras 3 has its own optimizer alone where Keras 2 has a
 * legacy one, too: that takes its place. */
tlstm_status tl_keras_write_compile_config(const tlstm_model *model, json_t **config,
                                           tlstm_error **error);

#endif
