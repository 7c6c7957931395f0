/*
 * Legacy Keras HDF5: whole models as model.save("x.h5") of Keras 1 to 3 writes them, and weights as
 * save_weights("x.h5") of Keras 1 and 2 does. Reading begins here for every HDF5 file: those of
 * keras_weights.c are known when they are open.
 *
 *   /                       keras_version, backend, model_config, training_config
 *   /model_weights          layer_names, and the same in weights files at the root
 *   /model_weights/<layer>  weight_names
 *   /optimizer_weights      weight_names (keras_slots.c)
 *   /tinylstm               what Keras has no place for (resume.c)
 */
#include "files/keras_h5.h"

#include "base/alloc.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "files/inspect.h"
#include "files/keras_config.h"
#include "files/keras_layout.h"
#include "files/keras_slots.h"
#include "files/keras_training.h"
#include "files/keras_v3.h"
#include "files/keras_v3_places.h"
#include "files/resume.h"

#include <string.h>

/* ---- Loading ---- */

static int probe(const tl_source *source) {
    return tl_h5_is_hdf5(source->bytes, source->length);
}

/* A `.weights.h5` has nothing at its root that legacy files have. */
static int has_variables(tl_h5 *file) {
    return !tl_keras_is_legacy(file) && tl_v3_has_variables(file);
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
    if (status && config)
        tl_fail_within(error, status, "model_config");
    json_decref(config);
    return status;
}

static tlstm_status read_model(tl_h5 *file, const tl_source *source, const char *version,
                               tlstm_model **model, int *generation, tlstm_error **error) {
    char *config = NULL;
    if (!tl_h5_has_attribute(file, "/", "model_config")) {
        int weights = tl_h5_has_names(file, "/", "layer_names") || has_variables(file);
        tl_fail(error, TLSTM_ERROR_FORMAT, "/",
                weights ? "it has weights only and no configuration: build the model and load "
                          "them into it"
                        : "it has no model_config: no file of a model");
        return tl_fail_within(error, TLSTM_ERROR_FORMAT, source->name);
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
    if (status) {
        tl_fail_within(error, status, "model_config");
        return tl_fail_within(error, status, source->name);
    }
    status = tl_keras_find_layout(file, &found, error);
    if (status)
        return status;
    status = tl_keras_check_layout(file, &found, model, error);
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
    tlstm_error *reason = NULL;
    tlstm_status status = read_optional(file, "/", "training_config", &training, &reason);
    /* Without it the model still predicts. */
    if (status)
        return tl_keras_end_compile(model, status, reason, error);
    if (training)
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
        status = tl_resume_read(file, TL_RESUME_MODEL, made, error);
    if (!status) {
        *model = made;
        made = NULL;
    }
    tl_model_free(made);
    tl_free(version);
    tl_h5_close(file);
    return status;
}

static tlstm_status load_legacy_weights(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    tl_keras_layout found;
    tlstm_status status = tl_keras_find_layout(file, &found, error);
    if (status)
        return status;
    float *parameters = NULL;
    status = tl_keras_check_layout(file, &found, model, error);
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
    return status;
}

tlstm_status tl_keras_h5_load_weights(const tl_source *source, tlstm_model *model,
                                      tlstm_error **error) {
    tl_h5 *file = NULL;
    tlstm_status status = tl_h5_open(source->name, source->bytes, source->length, &file, error);
    if (!status)
        status = has_variables(file) ? tl_keras_v3_load_weights(file, model, error)
                                     : load_legacy_weights(file, model, error);
    tl_h5_close(file);
    return status;
}

const tl_format tl_keras_h5_format = {
    .name = "legacy Keras HDF5 (.h5)",
    .suffix = "",
    .probe = probe,
    .load = load,
    .load_weights = tl_keras_h5_load_weights,
    .save = tl_keras_h5_save,
    .inspect = tl_inspect_h5,
};
