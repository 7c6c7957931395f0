/* Where legacy files have their weights: layer_names, and the weight_names of each. */
#include "files/keras_layout.h"

#include "base/alloc.h"

void tl_keras_clear_layout(tl_keras_layout *found) {
    for (size_t i = 0; found->weights && i < found->layers.count; i++)
        tl_h5_names_clear(&found->weights[i]);
    tl_free(found->weights);
    tl_h5_names_clear(&found->layers);
}

static tlstm_status read_weight_names(tl_h5 *file, const char *group, tl_h5_names *weights,
                                      tlstm_error **error) {
    tlstm_status status = tl_h5_read_names(file, group, "weight_names", weights, error);
    return status ? status : tl_h5_names_within(weights, group, error);
}

/* Forgets layers without weights (inputs, dropout): a model's are skipped likewise. */
static void drop_empty(tl_keras_layout *found) {
    size_t kept = 0;
    for (size_t i = 0; i < found->layers.count; i++) {
        if (found->weights[i].count == 0) {
            tl_free(found->layers.items[i]);
            continue;
        }
        found->layers.items[kept] = found->layers.items[i];
        found->weights[kept++] = found->weights[i];
    }
    found->layers.count = kept;
}

int tl_keras_is_legacy(tl_h5 *file) {
    return tl_h5_has_names(file, "/", "layer_names") ||
           tl_h5_has_attribute(file, "/", "model_config") || tl_h5_has(file, "/model_weights");
}

tlstm_status tl_keras_find_layout(tl_h5 *file, tl_keras_layout *found, tlstm_error **error) {
    *found = (tl_keras_layout){.root = ""};
    if (!tl_h5_has_names(file, "/", "layer_names"))
        found->root = "/model_weights";
    tlstm_status status = tl_h5_read_names(file, *found->root ? found->root : "/", "layer_names",
                                           &found->layers, error);
    if (status)
        return status;
    status = tl_h5_names_within(&found->layers, found->root, error);
    found->weights = tl_alloc_zero(found->layers.count, sizeof(*found->weights));
    if (!status && !found->weights)
        status = tl_fail_memory(error);
    for (size_t i = 0; i < found->layers.count && !status; i++)
        status = read_weight_names(file, found->layers.items[i], &found->weights[i], error);
    if (status)
        tl_keras_clear_layout(found);
    else
        drop_empty(found);
    return status;
}

tl_layer *tl_keras_layout_layer(const tlstm_model *model, size_t number) {
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i]->weight_count && number-- == 0)
            return model->layers[i];
    return NULL;
}

tlstm_status tl_keras_check_layout(tl_h5 *file, const tl_keras_layout *found,
                                   const tlstm_model *model, tlstm_error **error) {
    size_t count = 0;
    while (tl_keras_layout_layer(model, count))
        count++;
    if (count != found->layers.count) {
        tl_fail(error, TLSTM_ERROR_SHAPE, *found->root ? found->root : "/",
                "the model has %zu layers with weights, the file has %zu", count,
                found->layers.count);
        return tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
    }
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = tl_keras_check_arrays(file, found->layers.items[i],
                                       tl_keras_layout_layer(model, i), &found->weights[i], error);
    if (!status && !tl_h5_can_hold(file, tl_model_weight_floats(model)))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, tl_h5_name(file), TL_KERAS_TOO_MANY);
    return status;
}

tlstm_status tl_keras_read_layout(tl_h5 *file, const tl_keras_layout *found,
                                  const tlstm_model *model, float *parameters,
                                  tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < found->layers.count && !status; i++)
        status = tl_keras_read_arrays(file, tl_keras_layout_layer(model, i), &found->weights[i],
                                      parameters, error);
    return status;
}

static const char *precision_of(tl_h5 *file, const tl_h5_names *paths) {
    const char *precision = NULL;
    for (size_t i = 0; i < paths->count && !precision; i++)
        precision = tl_h5_precision(file, paths->items[i]);
    return precision;
}

void tl_keras_note_precision(tlstm_model *model, const tl_layer *layer, const char *precision) {
    if (precision)
        tl_model_note(model, TLSTM_NOTE_CONVERTED,
                      "layer %s: weights of the type %s are converted to float32", layer->name,
                      precision);
}

void tl_keras_note_layout(tl_h5 *file, const tl_keras_layout *found, tlstm_model *model) {
    for (size_t i = 0; i < found->layers.count; i++) {
        const tl_layer *layer = tl_keras_layout_layer(model, i);
        const char *form = tl_keras_arrays_form(file, layer, &found->weights[i]);
        const char *precision = precision_of(file, &found->weights[i]);
        if (form)
            tl_model_note(model, TLSTM_NOTE_CONVERTED,
                          "layer %s: the weights are converted from %s", layer->name, form);
        tl_keras_note_precision(model, layer, precision);
    }
}
