/*
 * What a configuration leaves out and the weights tell: which of its two forms a GRU has. Keras
 * before 2.1.5 knew one and does not say it; the default of others changed with the version, which
 * a file need not have either.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "files/keras_config.h"

#include <string.h>

enum { BIAS = 2, PARTS = 3 };

/* The arrays of a layer, by its name; none where there are none. */
static tlstm_status find_arrays(tl_h5 *file, const char *layer, tl_h5_names *paths,
                                tlstm_error **error) {
    char *group = tl_text_join("/model_weights", layer);
    if (!group)
        return tl_fail_memory(error);
    tlstm_status status = TLSTM_OK;
    /* What is wrong with them is told when they are read. */
    if (tl_h5_has(file, group) && tl_h5_read_names(file, group, "weight_names", paths, NULL) == 0)
        status = tl_h5_names_within(paths, group, error);
    tl_free(group);
    return status;
}

/* reset_after has biases for the input and for the state, in a matrix. */
static int add_reset_after(tl_h5 *file, const tl_h5_names *paths, json_t *config) {
    int two_biases = tl_h5_has_shape(file, paths->items[BIAS], 2, NULL);
    return json_object_set_new(config, "reset_after", json_boolean(two_biases)) == 0;
}

static tlstm_status infer_layer(tl_h5 *file, const json_t *entry, tlstm_error **error) {
    json_t *config = NULL;
    const char *class_name = tl_keras_class(entry, &config);
    const char *name = tl_json_string(config, "name");
    if (!class_name || !name || strcmp(class_name, "GRU") != 0 ||
        json_object_get(config, "reset_after"))
        return TLSTM_OK;
    tl_h5_names paths = {0};
    tlstm_status status = find_arrays(file, name, &paths, error);
    if (!status && paths.count == PARTS && !add_reset_after(file, &paths, config))
        status = tl_fail_memory(error);
    tl_h5_names_clear(&paths);
    return status;
}

tlstm_status tl_keras_infer(tl_h5 *file, json_t *config, tlstm_error **error) {
    const json_t *inner = json_object_get(config, "config");
    const json_t *layers = json_is_array(inner) ? inner : json_object_get(inner, "layers");
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < json_array_size(layers) && !status; i++)
        status = infer_layer(file, json_array_get(layers, i), error);
    return status;
}
