/* Where the variables of a layer are in Keras's third serialisation, in each version's words. */
#include "files/keras_v3_places.h"

#include "base/alloc.h"
#include "files/keras_v3.h"

#include <string.h>

tlstm_status tl_v3_end_path(tl_text *text, char **path, tlstm_error **error) {
    char *taken = tl_text_take(text);
    if (!taken)
        return tl_fail_memory(error);
    *path = taken;
    return TLSTM_OK;
}

tlstm_status tl_v3_numbered(const char *group, size_t number, char **path, tlstm_error **error) {
    tl_text text = {0};
    tl_text_format(&text, "%s/%zu", group, number);
    return tl_v3_end_path(&text, path, error);
}

size_t tl_v3_place_in_class(const tlstm_model *model, const tl_layer *layer) {
    size_t count = 0;
    for (size_t i = 0; i < layer->index; i++)
        count += model->layers[i]->ops == layer->ops;
    return count;
}

/* The layers' groups in a file: "/layers/lstm_1/cell"; Keras 2.12 to 2.15 on Windows made one group
 * of the whole path, "/layers\\lstm_1\\cell". */
typedef struct tree {
    const char *root;
    char separator;
} tree;
static const tree todays_tree = {TL_KERAS_V3_LAYERS, '/'};

static tree tree_of(tl_h5 *file) {
    static const tree trees[] = {
        {TL_KERAS_V3_OLD_LAYERS, '/'}, {TL_KERAS_V3_OLD_LAYERS, '\\'}, {TL_KERAS_V3_LAYERS, '\\'}};
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
        if (trees[i].separator == '/' ? tl_h5_has(file, trees[i].root)
                                      : tl_h5_has_windows_path(file, trees[i].root))
            return trees[i];
    return todays_tree;
}

int tl_v3_has_variables(tl_h5 *file) {
    const tree places = tree_of(file);
    return places.separator != '/' || tl_h5_has(file, places.root) || tl_h5_has(file, "/vars");
}

/* "/layers/lstm_1" */
static tlstm_status layer_group(const tree *places, const tl_layer *layer, size_t number,
                                char **path, tlstm_error **error) {
    tl_text text = {0};
    tl_text_format(&text, "%s%c%s", places->root, places->separator, layer->ops->name);
    if (number)
        tl_text_format(&text, "_%zu", number);
    return tl_v3_end_path(&text, path, error);
}

/* "/layers/lstm_1/cell/vars", where the layer's weights are */
static tlstm_status vars_group(const tree *places, const char *group, const tl_layer *layer,
                               char **path, tlstm_error **error) {
    tl_text text = {0};
    tl_text_append(&text, group);
    if (layer->ops->cell)
        tl_text_format(&text, "%ccell", places->separator);
    tl_text_append(&text, "/vars");
    return tl_v3_end_path(&text, path, error);
}

/* Keras 2.12 to 2.14 list each layer with weights twice and write it once: its second LSTM is
 * lstm_2, and there is no lstm_1. */
static tlstm_status step_of(tl_h5 *file, const tree *places, const tl_layer *layer, size_t *step,
                            tlstm_error **error) {
    char *second = NULL;
    *step = 1;
    if (strcmp(places->root, TL_KERAS_V3_OLD_LAYERS) != 0)
        return TLSTM_OK;
    tlstm_status status = layer_group(places, layer, 1, &second, error);
    if (!status && !tl_h5_has(file, second))
        *step = 2;
    tl_free(second);
    return status;
}

tlstm_status tl_v3_find_groups(tl_h5 *file, const tlstm_model *model, const tl_layer *layer,
                               char **vars, char **next, tlstm_error **error) {
    const tree places = tree_of(file);
    size_t step = 1, place = tl_v3_place_in_class(model, layer);
    char *group = NULL;
    tlstm_status status = step_of(file, &places, layer, &step, error);
    if (!status)
        status = layer_group(&places, layer, place * step, &group, error);
    if (!status)
        status = vars_group(&places, group, layer, vars, error);
    if (!status)
        status = layer_group(&places, layer, (place + 1) * step, next, error);
    tl_free(group);
    return status;
}

int tl_v3_is_last_of_class(const tlstm_model *model, const tl_layer *layer) {
    for (size_t i = layer->index + 1; i < model->layer_count; i++)
        if (model->layers[i]->ops == layer->ops)
            return 0;
    return 1;
}

tlstm_status tl_v3_new_groups(const tlstm_model *model, const tl_layer *layer, char **own,
                              char **vars, tlstm_error **error) {
    char *group = NULL;
    tlstm_status status =
        layer_group(&todays_tree, layer, tl_v3_place_in_class(model, layer), &group, error);
    tl_text text = {0};
    tl_text_format(&text, "%s/vars", group ? group : "");
    if (!status)
        status = tl_v3_end_path(&text, own, error);
    if (!status)
        status = vars_group(&todays_tree, group, layer, vars, error);
    tl_text_clear(&text);
    tl_free(group);
    return status;
}
