/* The public functions of tinylstm/weights.h. */
#include "tinylstm/weights.h"

#include "api/options.h"
#include "base/alloc.h"
#include "files/import.h"

#include <string.h>

/* ---- One weight ---- */

/* The number of a layer's weight. */
static tlstm_status find_weight(const tlstm_model *model, const char *layer, const char *weight,
                                size_t *index, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(layer, "layer", error);
    if (!status)
        status = tl_require(weight, "weight", error);
    if (status)
        return status;
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is not built");
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        if (strcmp(at.layer->name, layer) == 0 && strcmp(at.weight->name, weight) == 0) {
            *index = i;
            return TLSTM_OK;
        }
    if (!tl_model_find_layer(model, layer))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer, "the model has no layer of this name");
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer, "the layer has no weight \"%.100s\"",
                   weight);
}

tlstm_status tlstm_model_get_layer_weight(const tlstm_model *model, const char *layer,
                                          const char *weight, tlstm_array **value,
                                          tlstm_error **error) {
    size_t index = 0;
    tlstm_status status = find_weight(model, layer, weight, &index, error);
    return status ? status : tlstm_model_get_weight(model, index, value, error);
}

tlstm_status tlstm_model_set_layer_weight(tlstm_model *model, const char *layer, const char *weight,
                                          const tlstm_array *value, tlstm_error **error) {
    size_t index = 0;
    tlstm_status status = find_weight(model, layer, weight, &index, error);
    return status ? status : tlstm_model_set_weight(model, index, value, error);
}

/* ---- All weights ---- */

void tlstm_weights_options_init(tlstm_weights_options *options) {
    if (options)
        *options = (tlstm_weights_options)TLSTM_WEIGHTS_OPTIONS_INIT;
}

static tlstm_status check_map(const tlstm_model *model, const tlstm_weights_options *options,
                              tlstm_error **error) {
    if (options->module_count && (!options->modules || !options->layers))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "options",
                       "module_count is %zu without modules and layers", options->module_count);
    for (size_t i = 0; i < options->module_count; i++) {
        if (!options->modules[i] || !options->layers[i])
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, "options", "pair %zu has a NULL", i);
        const tl_layer *layer = tl_model_find_layer(model, options->layers[i]);
        if (!layer || !layer->weight_count)
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, options->layers[i],
                           "the model has no layer of this name that has weights");
    }
    return TLSTM_OK;
}

/* Completes the options, builds the model where that has not happened, and looks at the map. */
static tlstm_status prepare(tlstm_model *model, const tlstm_weights_options *options,
                            tlstm_weights_options *chosen, tlstm_error **error) {
    *chosen = (tlstm_weights_options)TLSTM_WEIGHTS_OPTIONS_INIT;
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_options_read(options, "options", chosen, sizeof(*chosen), error);
    if (!status)
        status = tl_model_ensure_built(model, error);
    return status ? status : check_map(model, chosen, error);
}

static tlstm_status import_source(tlstm_model *model, const tl_source *source,
                                  const tlstm_weights_options *options, tlstm_error **error) {
    tl_entries entries;
    tlstm_status status = tl_entries_open(source, &entries, error);
    if (status)
        return status;
    status = tl_import_weights(model, &entries, options, error);
    tl_entries_close(&entries);
    return status;
}

tlstm_status tlstm_model_import_weights(tlstm_model *model, const char *path,
                                        const tlstm_weights_options *options, tlstm_error **error) {
    tlstm_weights_options chosen;
    tl_source source;
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = prepare(model, options, &chosen, error);
    if (!status)
        status = tl_source_read(path, &source, error);
    if (status)
        return status;
    status = import_source(model, &source, &chosen, error);
    tl_source_free(&source);
    return status;
}

tlstm_status tlstm_model_import_weights_memory(tlstm_model *model, const void *bytes, size_t length,
                                               const tlstm_weights_options *options,
                                               tlstm_error **error) {
    tlstm_weights_options chosen;
    const tl_source source = tl_source_memory(bytes, length);
    tlstm_status status = tl_require(bytes, "bytes", error);
    if (!status)
        status = prepare(model, options, &chosen, error);
    return status ? status : import_source(model, &source, &chosen, error);
}

tlstm_status tlstm_model_import_arrays(tlstm_model *model, const char *const *names,
                                       const tlstm_array *const *values, size_t count,
                                       const tlstm_weights_options *options, tlstm_error **error) {
    tlstm_weights_options chosen;
    tl_entries entries;
    tlstm_status status = tl_require(values, "values", error);
    if (!status)
        status = prepare(model, options, &chosen, error);
    if (!status)
        status = tl_entries_wrap(names, values, count, &entries, error);
    if (status)
        return status;
    status = tl_import_weights(model, &entries, &chosen, error);
    tl_entries_close(&entries);
    return status;
}
