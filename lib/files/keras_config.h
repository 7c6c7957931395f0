/* Models and Keras's configuration of them: model.get_config(), to_json(), `model_config`. */
#ifndef TL_FILES_KERAS_CONFIG_H
#define TL_FILES_KERAS_CONFIG_H

#include "files/hdf5.h"
#include "files/keras_json.h"

/* The generation (tl_layer_ops.defaults) that a `keras_version` means; `version` NULL: the one that
 * the configuration looks like. */
int tl_keras_generation(const char *version, const json_t *config);

/* A model that is not built from {"class_name": "Sequential", "config": ...}. Errors name the place
 * within. */
tlstm_status tl_keras_read_model(const json_t *config, int generation, uint64_t seed,
                                 tlstm_model **model, tlstm_error **error);
/* The same from text; *generation (may be NULL) tells what it was read as. */
tlstm_status tl_keras_parse_model(const char *name, const char *text, size_t length,
                                  const char *version, uint64_t seed, tlstm_model **model,
                                  int *generation, tlstm_error **error);

/* One layer from its class and configuration. */
tlstm_status tl_keras_read_layer(const tl_keras_reader *reader, const char *class_name,
                                 const json_t *config, tl_layer **layer, tlstm_error **error);

/* Adds to a configuration what the weights beside it tell (keras_infer.c). */
tlstm_status tl_keras_infer(tl_h5 *file, json_t *config, tlstm_error **error);

/* Old words (keras_renamed.c): the class that computes the same today, ... */
const char *tl_keras_todays_class(const char *class_name);
/* ... and its configuration, a new reference. */
tlstm_status tl_keras_todays_config(const tl_layer_ops *ops, const char *class_name,
                                    const json_t *config, json_t **today, tlstm_error **error);
int tl_keras_looks_like_keras1(const json_t *config);

/* What the readers of layers, graphs and models share. Dimensions from place `first` of a list on,
 * null being None; 0 when they are none. */
int tl_keras_read_dims(const json_t *list, size_t first, tl_shape *shape);
/* null, false or 0 */
int tl_keras_is_off(const json_t *value);
/* A list of not too many layers, and not of none. */
tlstm_status tl_keras_check_layers(const json_t *layers, tlstm_error **error);
/* Adds the layer that {"class_name": ..., "config": ...} describes to the reader's model. */
tlstm_status tl_keras_add_entry(const tl_keras_reader *reader, const json_t *entry,
                                tlstm_error **error);
/* Fills the reader's model from a functional model's configuration (keras_graph.c). */
tlstm_status tl_keras_read_functional(const tl_keras_reader *reader, const json_t *config,
                                      tlstm_error **error);

/* A configuration that Keras 2 and 3 both read; a new reference. */
tlstm_status tl_keras_write_model(const tlstm_model *model, json_t **config, tlstm_error **error);

/* The version to write a model under: Keras 3's where an activation has its meaning only there.
 * TLSTM_ERROR_UNSUPPORTED where one needs Keras 2 and another Keras 3. */
tlstm_status tl_keras_version_for(const tlstm_model *model, const char **version,
                                  tlstm_error **error);

/* TLSTM_ERROR_UNSUPPORTED where a layer computes what Keras 3 has no name for. */
tlstm_status tl_keras_check_keras3(const tlstm_model *model, tlstm_error **error);
/* [batch or null, dims...]; NULL without memory, so below. */
json_t *tl_keras_write_shape(const tl_shape *shape, size_t batch);
/* config.json of a .keras file; without what compile() was given where `compiled` is 0. */
tlstm_status tl_keras_write_v3_model(const tlstm_model *model, int compiled, json_t **config,
                                     tlstm_error **error);

/* tlstm_model_to_json() and tlstm_model_add_layer(). */
tlstm_status tl_keras_model_to_json(const tlstm_model *model, char **json, tlstm_error **error);
tlstm_status tl_keras_add_layer(tlstm_model *model, const char *class_name, const char *config,
                                tlstm_error **error);

#endif
