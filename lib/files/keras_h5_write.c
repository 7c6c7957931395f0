/*
 * Legacy Keras HDF5, as each generation of Keras writes it (keras_target.h). Keras itself matches
 * weights by order; people look at the names.
 */
#include "files/keras_h5.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/hdf5.h"
#include "files/keras_config.h"
#include "files/keras_old.h"
#include "files/keras_slots.h"
#include "files/keras_target.h"
#include "files/keras_training.h"
#include "files/resume.h"
#include "layers/input.h"

/* What is being written, and for whom. */
typedef struct writer {
    tl_h5 *file;
    const tlstm_model *model;
    tl_keras_target target;
    const char *root; /* "/model_weights", or "" in a weights file */
} writer;

/* ---- Weights ---- */

tlstm_status tl_keras_weight_name(const tl_keras_target *target, const tlstm_model *model,
                                  const tl_layer *layer, const tl_weight *weight, char **name,
                                  tlstm_error **error) {
    tl_text text = {0};
    if (target->generation == 3 && !model->functional)
        tl_text_format(&text, "%s/", model->name);
    tl_text_format(&text, "%s/", layer->name);
    if (target->generation == 3 && layer->ops->cell)
        tl_text_format(&text, "%s/", layer->ops->cell);
    tl_text_format(&text, target->generation == 3 ? "%s" : "%s:0", weight->name);
    *name = tl_text_take(&text);
    return *name ? TLSTM_OK : tl_fail_memory(error);
}

/* The data set at <root>/lstm/lstm/kernel:0, say. */
static tlstm_status write_weight(const writer *out, const char *group, const tl_layer *layer,
                                 const tl_weight *weight, tl_h5_names *names, tlstm_error **error) {
    char *name = NULL;
    tlstm_status status =
        tl_keras_weight_name(&out->target, out->model, layer, weight, &name, error);
    char *path = name ? tl_text_join(group, name) : NULL;
    if (!status)
        status = path ? tl_h5_names_add(names, name, error) : tl_fail_memory(error);
    if (!status)
        status = tl_h5_write_floats(out->file, path, weight->ndim, weight->dims,
                                    out->model->parameters + weight->offset, error);
    tl_free(path);
    tl_free(name);
    return status;
}

static tlstm_status write_layer(const writer *out, const tl_layer *layer, tlstm_error **error) {
    tl_h5_names names = {0};
    char *group = tl_text_join(out->root, layer->name);
    tlstm_status status =
        group ? tl_h5_write_group(out->file, group, error) : tl_fail_memory(error);
    for (size_t w = 0; w < layer->weight_count && !status; w++)
        status = write_weight(out, group, layer, &layer->weights[w], &names, error);
    if (!status)
        status = tl_h5_write_names(out->file, group, "weight_names", &names, error);
    tl_h5_names_clear(&names);
    tl_free(group);
    return status;
}

/* Keras lists a Sequential model's layers without its InputLayer, a functional model's with it. */
static int is_listed(const tlstm_model *model, const tl_layer *layer) {
    return model->functional || layer->ops != &tl_input_layer;
}

/* Keras 3 expects a group for weights that belong to no layer. */
static tlstm_status write_no_top_level_weights(const writer *out, tlstm_error **error) {
    char *group = tl_text_join(out->root, "top_level_model_weights");
    tlstm_status status =
        group ? tl_h5_write_group(out->file, group, error) : tl_fail_memory(error);
    if (!status)
        status = tl_h5_write_names(out->file, group, "weight_names", &(tl_h5_names){0}, error);
    tl_free(group);
    return status;
}

static tlstm_status write_layers(const writer *out, tlstm_error **error) {
    const char *at = *out->root ? out->root : "/";
    tl_h5_names names = {0};
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < out->model->layer_count && !status; i++) {
        const tl_layer *layer = out->model->layers[i];
        if (!is_listed(out->model, layer))
            continue;
        status = tl_h5_names_add(&names, layer->name, error);
        if (!status)
            status = write_layer(out, layer, error);
    }
    if (!status && out->target.generation == 3)
        status = write_no_top_level_weights(out, error);
    if (!status)
        status = tl_h5_write_names(out->file, at, "layer_names", &names, error);
    if (!status)
        status = tl_h5_write_string(out->file, at, "backend", "tensorflow", 0, error);
    if (!status)
        status = tl_h5_write_string(out->file, at, "keras_version", out->target.version, 0, error);
    tl_h5_names_clear(&names);
    return status;
}

/* ---- Configurations ---- */

static tlstm_status write_json(const writer *out, const char *name, json_t *value,
                               tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_json_print(value, &text, error);
    if (!status)
        status = tl_h5_write_string(out->file, "/", name, text, 0, error);
    tl_free(text);
    return status;
}

/* Keras 3's own configuration, of which a legacy file has class and settings alone. */
static tlstm_status make_v3_config(const writer *out, json_t **config, tlstm_error **error) {
    json_t *whole = NULL;
    tlstm_status status = tl_keras_write_v3_model(out->model, 0, &whole, error);
    if (status)
        return status;
    *config = json_pack("{s:O, s:O}", "class_name", json_object_get(whole, "class_name"), "config",
                        json_object_get(whole, "config"));
    json_decref(whole);
    return *config ? TLSTM_OK : tl_fail_memory(error);
}

static tlstm_status write_config(const writer *out, tlstm_error **error) {
    json_t *config = NULL;
    tlstm_status status = out->target.generation == 3
                              ? make_v3_config(out, &config, error)
                              : tl_keras_write_model(out->model, &config, error);
    if (!status && out->target.old)
        status = tl_keras_make_model_old(out->model, &out->target, config, error);
    if (!status)
        status = write_json(out, "model_config", config, error);
    json_decref(config);
    return status;
}

static tlstm_status make_v3_training(const writer *out, json_t **training, tlstm_error **error) {
    tlstm_status status = tl_keras_write_compile_config(out->model, training, error);
    if (status)
        return status;
    if (json_object_set(*training, "optimizer_config", json_object_get(*training, "optimizer")) ||
        json_object_del(*training, "optimizer"))
        status = tl_fail_memory(error);
    return status;
}

static tlstm_status write_training(const writer *out, tlstm_error **error) {
    json_t *training = NULL;
    tlstm_status status = out->target.generation == 3
                              ? make_v3_training(out, &training, error)
                              : tl_keras_write_training(out->model, &training, error);
    if (!status && out->target.old)
        status = tl_keras_make_training_old(out->model, &out->target, training, error);
    if (!status)
        status = write_json(out, "training_config", training, error);
    json_decref(training);
    return status ? status : tl_keras_write_slots(out->file, out->model, &out->target, error);
}

/* ---- Files ---- */

static tlstm_status write_model(const writer *out, int optimizer, tlstm_error **error) {
    /* from `str` since TensorFlow has a Keras */
    const int utf8 = !out->target.stand_alone;
    tlstm_status status =
        tl_h5_write_string(out->file, "/", "keras_version", out->target.version, utf8, error);
    if (!status)
        status = tl_h5_write_string(out->file, "/", "backend", "tensorflow", utf8, error);
    if (!status)
        status = write_config(out, error);
    if (!status)
        status = tl_h5_write_group(out->file, out->root, error);
    if (!status)
        status = write_layers(out, error);
    if (!status && optimizer)
        status = write_training(out, error);
    return status ? status : tl_resume_write(out->file, out->model, error);
}

tlstm_status tl_keras_h5_save(const tlstm_model *model, const tlstm_save_options *options,
                              char **bytes, size_t *length, tlstm_error **error) {
    writer out = {.model = model, .root = options->weights_only ? "" : "/model_weights"};
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not built: it has no weights to save");
    tlstm_status status = tl_keras_target_for(model, options->keras, &out.target, error);
    if (!status)
        status = tl_h5_create(&out.file, error);
    if (status)
        return status;
    if (options->weights_only)
        status = write_layers(&out, error);
    else
        status = write_model(&out, model->compiled && !options->without_optimizer, error);
    if (!status)
        status = tl_h5_image(out.file, bytes, length, error);
    tl_h5_close(out.file);
    return status;
}
