/*
 * Legacy Keras HDF5: whole models as model.save("x.h5") of Keras 1 to 3 writes them, and weights as
 * save_weights("x.h5") of Keras 1 and 2 does.
 *
 *   /                       keras_version, backend, model_config, training_config
 *   /model_weights          layer_names, and the same in weights files at the root
 *   /model_weights/<layer>  weight_names
 *   /optimizer_weights      weight_names (keras_slots.c)
 *   /tinylstm               what Keras has no place for (resume.c)
 */
#include "base/alloc.h"
#include "base/text.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "files/keras_config.h"
#include "files/keras_layout.h"
#include "files/keras_slots.h"
#include "files/keras_training.h"
#include "files/resume.h"
#include "layers/input.h"

#include <string.h>

/* ---- Loading ---- */

static int probe(const tl_source *source) {
    return tl_h5_is_hdf5(source->bytes, source->length);
}

/* Text of an attribute that may be missing: NULL then. */
static tlstm_status read_optional(tl_h5 *file, const char *path, const char *name, char **text,
                                  tlstm_error **error) {
    *text = NULL;
    return tl_h5_has_attribute(file, path, name) ? tl_h5_read_string(file, path, name, text, error)
                                                 : TLSTM_OK;
}

/* At the root since Keras 2, else at the weights. */
static tlstm_status read_version(tl_h5 *file, char **version, tlstm_error **error) {
    tlstm_status status = read_optional(file, "/", "keras_version", version, error);
    if (!status && !*version && tl_h5_has(file, "/model_weights"))
        status = read_optional(file, "/model_weights", "keras_version", version, error);
    return status;
}

static tlstm_status read_config(tl_h5 *file, const char *text, const char *version,
                                tlstm_model **model, int *generation, tlstm_error **error) {
    json_t *config = NULL;
    tlstm_status status = tl_json_parse("model_config", text, strlen(text), &config, error);
    if (!status)
        status = tl_keras_infer(file, config, error);
    if (!status)
        *generation = tl_keras_generation(version, config);
    if (!status)
        status = tl_keras_read_model(config, *generation, 0, model, error);
    json_decref(config);
    return status;
}

static tlstm_status read_model(tl_h5 *file, const tl_source *source, const char *version,
                               tlstm_model **model, int *generation, tlstm_error **error) {
    char *config = NULL;
    if (!tl_h5_has_attribute(file, "/", "model_config")) {
        int weights = tl_h5_has_attribute(file, "/", "layer_names");
        return tl_fail(error, TLSTM_ERROR_FORMAT, source->name,
                       weights ? "it has weights only: build the model and load them into it"
                               : "it has no model_config: no file of a model");
    }
    tlstm_status status = tl_h5_read_string(file, "/", "model_config", &config, error);
    if (status)
        return status;
    status = read_config(file, config, version, model, generation, error);
    tl_free(config);
    return status ? tl_fail_within(error, status, source->name) : TLSTM_OK;
}

static tlstm_status fill_model(tl_h5 *file, const tl_source *source, tlstm_model *model,
                               tlstm_error **error) {
    tl_keras_layout found;
    tlstm_status status = tl_model_lay_out(model, NULL, error);
    if (status)
        return tl_fail_within(error, status, source->name);
    status = tl_keras_find_layout(file, &found, error);
    if (status)
        return status;
    status = tl_keras_check_layout(file, source, &found, model, error);
    if (!status)
        status = tl_model_allocate(model, error);
    if (!status)
        status = tl_keras_read_layout(file, &found, model, model->parameters, error);
    if (!status)
        tl_keras_note_layout(file, &found, model);
    tl_keras_clear_layout(&found);
    return status;
}

static int is_keras1(const char *version, int generation) {
    return version ? strncmp(version, "1.", 2) == 0 : generation == 1;
}

static tlstm_status read_training(tl_h5 *file, tlstm_model *model, int generation,
                                  const char *version, tlstm_error **error) {
    char *training = NULL;
    tlstm_status status = read_optional(file, "/", "training_config", &training, error);
    if (!status && training)
        status = tl_keras_read_training(model, training, generation, version, error);
    if (!status && model->compiled)
        status = is_keras1(version, generation) ? tl_keras_read_old_slots(file, model, error)
                                                : tl_keras_read_slots(file, model, error);
    tl_free(training);
    return status;
}

static tlstm_status load(const tl_source *source, tlstm_model **model, tlstm_error **error) {
    tl_h5 *file = NULL;
    tlstm_model *made = NULL;
    char *version = NULL;
    int generation = 2;
    tlstm_status status = tl_h5_open(source->name, source->bytes, source->length, &file, error);
    if (status)
        return status;
    status = read_version(file, &version, error);
    if (!status)
        status = read_model(file, source, version, &made, &generation, error);
    if (!status)
        status = fill_model(file, source, made, error);
    if (!status)
        status = read_training(file, made, generation, version, error);
    if (!status)
        status = tl_resume_read(file, source->length, TL_RESUME_MODEL, made, error);
    if (!status) {
        *model = made;
        made = NULL;
    }
    tl_model_free(made);
    tl_free(version);
    tl_h5_close(file);
    return status;
}

static tlstm_status load_weights(const tl_source *source, tlstm_model *model, tlstm_error **error) {
    tl_h5 *file = NULL;
    tl_keras_layout found;
    tlstm_status status = tl_h5_open(source->name, source->bytes, source->length, &file, error);
    if (status)
        return status;
    status = tl_keras_find_layout(file, &found, error);
    if (status) {
        tl_h5_close(file);
        return status;
    }
    float *parameters = NULL;
    status = tl_keras_check_layout(file, source, &found, model, error);
    if (!status) {
        parameters = tl_alloc_zero(model->parameter_count, sizeof(*parameters));
        status = parameters ? tl_keras_read_layout(file, &found, model, parameters, error)
                            : tl_fail_memory(error);
    }
    if (!status) {
        memcpy(model->parameters, parameters, model->parameter_count * sizeof(*parameters));
        model->changes++;
        tl_keras_note_layout(file, &found, model);
    }
    tl_free(parameters);
    tl_keras_clear_layout(&found);
    tl_h5_close(file);
    return status;
}

/* ---- Saving ---- */

static char *join(const char *a, const char *b) {
    tl_text path = {0};
    tl_text_format(&path, "%s/%s", a, b);
    return tl_text_take(&path);
}

/* "lstm/kernel:0", and the data set at <root>/lstm/lstm/kernel:0. */
static tlstm_status write_weight(tl_h5 *file, const tlstm_model *model, const char *group,
                                 const tl_layer *layer, const tl_weight *weight, tl_h5_names *names,
                                 tlstm_error **error) {
    tl_text name = {0};
    tl_text_format(&name, "%s/%s:0", layer->name, weight->name);
    char *path = name.failed ? NULL : join(group, name.bytes);
    tlstm_status status = path ? tl_h5_names_add(names, name.bytes, error) : tl_fail_memory(error);
    if (!status)
        status = tl_h5_write_floats(file, path, weight->ndim, weight->dims,
                                    model->parameters + weight->offset, error);
    tl_free(path);
    tl_text_clear(&name);
    return status;
}

static tlstm_status write_layer(tl_h5 *file, const tlstm_model *model, const char *root,
                                const tl_layer *layer, tlstm_error **error) {
    tl_h5_names names = {0};
    char *group = join(root, layer->name);
    tlstm_status status = group ? tl_h5_write_group(file, group, error) : tl_fail_memory(error);
    for (size_t w = 0; w < layer->weight_count && !status; w++)
        status = write_weight(file, model, group, layer, &layer->weights[w], &names, error);
    if (!status)
        status = tl_h5_write_names(file, group, "weight_names", &names, error);
    tl_h5_names_clear(&names);
    tl_free(group);
    return status;
}

/* Keras lists a Sequential model's layers without its InputLayer, a functional model's with it. */
static int is_listed(const tlstm_model *model, const tl_layer *layer) {
    return model->functional || layer->ops != &tl_input_layer;
}

static tlstm_status write_layers(tl_h5 *file, const tlstm_model *model, const char *root,
                                 const char *version, tlstm_error **error) {
    const char *at = *root ? root : "/";
    tl_h5_names names = {0};
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < model->layer_count && !status; i++) {
        const tl_layer *layer = model->layers[i];
        if (!is_listed(model, layer))
            continue;
        status = tl_h5_names_add(&names, layer->name, error);
        if (!status)
            status = write_layer(file, model, root, layer, error);
    }
    if (!status)
        status = tl_h5_write_names(file, at, "layer_names", &names, error);
    if (!status)
        status = tl_h5_write_string(file, at, "backend", "tensorflow", 0, error);
    if (!status)
        status = tl_h5_write_string(file, at, "keras_version", version, 0, error);
    tl_h5_names_clear(&names);
    return status;
}

static tlstm_status write_json(tl_h5 *file, const char *name, json_t *value, tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_json_print(value, &text, error);
    json_decref(value);
    if (!status)
        status = tl_h5_write_string(file, "/", name, text, 0, error);
    tl_free(text);
    return status;
}

static tlstm_status write_training(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    json_t *training = NULL;
    tlstm_status status = tl_keras_write_training(model, &training, error);
    if (!status)
        status = write_json(file, "training_config", training, error);
    return status ? status : tl_keras_write_slots(file, model, error);
}

static tlstm_status write_model(tl_h5 *file, const tlstm_model *model, const char *version,
                                int optimizer, tlstm_error **error) {
    json_t *config = NULL;
    tlstm_status status = tl_keras_write_model(model, &config, error);
    if (!status)
        status = tl_h5_write_string(file, "/", "keras_version", version, 1, error);
    if (!status)
        status = tl_h5_write_string(file, "/", "backend", "tensorflow", 1, error);
    if (!status)
        status = write_json(file, "model_config", config, error);
    else
        json_decref(config);
    if (!status)
        status = tl_h5_write_group(file, "/model_weights", error);
    if (!status)
        status = write_layers(file, model, "/model_weights", version, error);
    if (!status && optimizer)
        status = write_training(file, model, error);
    return status ? status : tl_resume_write(file, model, error);
}

static tlstm_status save(const tlstm_model *model, const tlstm_save_options *options, char **bytes,
                         size_t *length, tlstm_error **error) {
    const char *version = NULL;
    tl_h5 *file = NULL;
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not built: it has no weights to save");
    tlstm_status status = tl_keras_version_for(model, &version, error);
    if (!status)
        status = tl_h5_create(&file, error);
    if (status)
        return status;
    if (options->weights_only)
        status = write_layers(file, model, "", version, error);
    else
        status = write_model(file, model, version, model->compiled && !options->without_optimizer,
                             error);
    if (!status)
        status = tl_h5_image(file, bytes, length, error);
    tl_h5_close(file);
    return status;
}

const tl_format tl_keras_h5_format = {
    .name = "legacy Keras HDF5 (.h5)",
    .suffix = "",
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
    .save = save,
};
