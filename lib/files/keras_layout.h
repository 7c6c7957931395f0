/*
 * Weights in legacy files: which layers have them, and how the arrays of each become the weights of
 * a layer. They are matched by order, as Keras does: names differ from version to version.
 */
#ifndef TL_FILES_KERAS_LAYOUT_H
#define TL_FILES_KERAS_LAYOUT_H

#include "files/format.h"
#include "files/hdf5.h"

/* The data sets of the layers that have weights, in the file's order. */
typedef struct tl_keras_layout {
    const char *root;     /* "/model_weights", or "" in a weights file */
    tl_h5_names layers;   /* their groups */
    tl_h5_names *weights; /* of each layer: paths */
} tl_keras_layout;

/* Whether a file is a legacy one, whole or with weights alone. */
int tl_keras_is_legacy(tl_h5 *file);

tlstm_status tl_keras_find_layout(tl_h5 *file, tl_keras_layout *found, tlstm_error **error);
void tl_keras_clear_layout(tl_keras_layout *found);

/* The model's layer that belongs to a layer of the file; NULL behind the last that has weights. */
tl_layer *tl_keras_layout_layer(const tlstm_model *model, size_t number);

/* Compares every shape with those of a model that is laid out, before there is memory for any
 * weight. */
tlstm_status tl_keras_check_layout(tl_h5 *file, const tl_keras_layout *found,
                                   const tlstm_model *model, tlstm_error **error);
#define TL_KERAS_TOO_MANY "it claims more weights than it can hold"
/* Reads what has been checked into a block like the model's parameters. */
tlstm_status tl_keras_read_layout(tl_h5 *file, const tl_keras_layout *found,
                                  const tlstm_model *model, float *parameters, tlstm_error **error);
/* Tells the model which of its weights are not in the file as it has them. */
void tl_keras_note_layout(tl_h5 *file, const tl_keras_layout *found, tlstm_model *model);

/* The same of one layer's, whose first data set with another precision than ours is of `precision`;
 * NULL: none is. */
void tl_keras_note_precision(tlstm_model *model, const tl_layer *layer, const char *precision);

/* Below: the arrays of one layer (keras_arrays.c), in three forms: as the layer has its weights; of
 * Keras 1, an array for each gate; of the CuDNN layers, transposed and with two biases. */

/* TLSTM_ERROR_SHAPE unless they are in one of them; `group` is for the message. */
tlstm_status tl_keras_check_arrays(tl_h5 *file, const char *group, const tl_layer *layer,
                                   const tl_h5_names *paths, tlstm_error **error);
/* What has been checked into a block like the model's parameters. */
tlstm_status tl_keras_read_arrays(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                                  float *block, tlstm_error **error);
/* "of Keras 1, with an array for each gate"; NULL: as the layer has them. */
const char *tl_keras_arrays_form(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths);

#endif
