/* Places in Keras's third serialisation (keras_v3.h). All paths belong to the caller: tl_free(). */
#ifndef TL_FILES_KERAS_V3_PLACES_H
#define TL_FILES_KERAS_V3_PLACES_H

#include "base/text.h"
#include "files/hdf5.h"
#include "model/model.h"

/* Ends a path: what was appended, or the error. */
tlstm_status tl_v3_end_path(tl_text *text, char **path, tlstm_error **error);
/* "<group>/<number>" */
tlstm_status tl_v3_numbered(const char *group, size_t number, char **path, tlstm_error **error);

/* How many layers of its class stand before a layer, and whether none stands behind it. */
size_t tl_v3_place_in_class(const tlstm_model *model, const tl_layer *layer);
int tl_v3_is_last_of_class(const tlstm_model *model, const tl_layer *layer);

/* Whether a file has variables of this serialisation, in any version's words. Legacy files are to
 * be told apart first. */
int tl_v3_has_variables(tl_h5 *file);
/* The group of a layer's weights in a file, and that of the next layer of its class. On failure
 * either may have been made. */
tlstm_status tl_v3_find_groups(tl_h5 *file, const tlstm_model *model, const tl_layer *layer,
                               char **vars, char **next, tlstm_error **error);

/* For a new file: the group of the layer's own variables, and that of its weights, which in
 * recurrent layers are the cell's. */
tlstm_status tl_v3_new_groups(const tlstm_model *model, const tl_layer *layer, char **own,
                              char **vars, tlstm_error **error);

#endif
