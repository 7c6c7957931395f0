/*
 * Keras's `.keras`: a zip archive of
 *
 *   metadata.json      keras_version, date_saved
 *   config.json        the model's configuration, and what compile() was given
 *   model.weights.h5   the variables of keras_v3.h, the optimizer's among them
 */
#include "files/keras_zip.h"
#include "base/alloc.h"
#include "data/zip.h"
#include "files/format.h"
#include "files/inspect.h"
#include "files/keras_config.h"
#include "files/keras_target.h"
#include "files/keras_training.h"
#include "files/keras_v3.h"
#include "files/resume.h"

#include <string.h>

/* Keras can write these, but no function of its public interface asks for it. */
#define NPZ_WEIGHTS "model.weights.npz"

/* The layout that is written, and no clock: the same model gives the same bytes. */
static const char metadata_text[] =
    "{\"keras_version\": \"3.15.0\", \"date_saved\": \"1980-01-01@00:00:00\"}";

#define LARGEST_TEXT ((size_t)64 << 20)
/* Keras stores its files as they are; a member that was packed afterwards may unpack to a hundred
 * times of the archive, and any small one to this much. */
#define SMALL_MEMBER ((size_t)16 << 20)
#define MOST_EXPANSION 100

static size_t largest_weights(const tl_source *source) {
    size_t most =
        source->length < SIZE_MAX / MOST_EXPANSION ? source->length * MOST_EXPANSION : SIZE_MAX / 2;
    return most > SMALL_MEMBER ? most : SMALL_MEMBER;
}

tlstm_status tl_keras_zip_read(tl_zip *zip, const tl_source *source, const char *name, char **bytes,
                               size_t *length, tlstm_error **error) {
    size_t most = strcmp(name, TL_KERAS_ZIP_WEIGHTS) == 0 ? largest_weights(source) : LARGEST_TEXT;
    return tl_zip_read(zip, name, most, bytes, length, error);
}

/* ---- Reading ---- */

/* What an archive holds, unpacked. */
typedef struct contents {
    json_t *config;      /* NULL: the weights alone were wanted */
    json_t *metadata;    /* NULL: there is none, and Keras does not look at it either */
    const char *version; /* in the metadata; NULL: it does not say */
    int generation;
    char *weights;
    size_t length;
} contents;

static void clear_contents(contents *held) {
    json_decref(held->config);
    json_decref(held->metadata);
    tl_free(held->weights);
}

static tlstm_status read_json(tl_zip *zip, const char *name, json_t **value, tlstm_error **error) {
    char *text = NULL;
    size_t length = 0;
    tlstm_status status = tl_zip_read(zip, name, LARGEST_TEXT, &text, &length, error);
    if (!status)
        status = tl_json_parse(name, text, length, value, error);
    tl_free(text);
    return status;
}

static tlstm_status read_config(tl_zip *zip, contents *held, tlstm_error **error) {
    tlstm_status status = read_json(zip, TL_KERAS_ZIP_CONFIG, &held->config, error);
    if (!status && !json_is_object(held->config))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, TL_KERAS_ZIP_CONFIG, "expected a JSON object");
    if (!status && tl_zip_has(zip, TL_KERAS_ZIP_METADATA))
        status = read_json(zip, TL_KERAS_ZIP_METADATA, &held->metadata, error);
    held->version = tl_json_string(held->metadata, "keras_version");
    if (!status)
        held->generation = tl_keras_generation(held->version, held->config);
    return status;
}

static tlstm_status open_archive(const tl_source *source, tl_zip **zip, tlstm_error **error) {
    tlstm_status status = tl_zip_open(source->bytes, source->length, zip, error);
    return status ? tl_fail_within(error, status, source->name) : TLSTM_OK;
}

/* The weights, and also the configuration where it is wanted. */
static tlstm_status unpack(const tl_source *source, int config, contents *held,
                           tlstm_error **error) {
    tl_zip *zip = NULL;
    tlstm_status status = open_archive(source, &zip, error);
    if (status)
        return status;
    if (config)
        status = read_config(zip, held, error);
    if (!status && !tl_zip_has(zip, TL_KERAS_ZIP_WEIGHTS) && tl_zip_has(zip, NPZ_WEIGHTS))
        status = tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NPZ_WEIGHTS,
                         "weights in this form are not read: only " TL_KERAS_ZIP_WEIGHTS " is");
    if (!status)
        status = tl_keras_zip_read(zip, source, TL_KERAS_ZIP_WEIGHTS, &held->weights, &held->length,
                                   error);
    tl_zip_close(zip);
    return status ? tl_fail_within(error, status, source->name) : TLSTM_OK;
}

static int probe(const tl_source *source) {
    return source->length >= 4 && memcmp(source->bytes, "PK\3\4", 4) == 0;
}

static tlstm_status read_model(const tl_source *source, const contents *held, tlstm_model **model,
                               tlstm_error **error) {
    tlstm_model *made = NULL;
    tlstm_status status = tl_keras_read_model(held->config, held->generation, 0, &made, error);
    if (!status)
        status = tl_model_lay_out(made, NULL, error);
    if (status) {
        tl_model_free(made);
        tl_fail_within(error, status, TL_KERAS_ZIP_CONFIG);
        return tl_fail_within(error, status, source->name);
    }
    *model = made;
    return TLSTM_OK;
}

static tlstm_status read_training(tl_h5 *file, const contents *held, tlstm_model *model,
                                  tlstm_error **error) {
    json_t *config = json_object_get(held->config, "compile_config");
    int assumed = !tl_keras_says_optimizer(config);
    tlstm_status status =
        tl_keras_read_compile_config(model, config, held->generation, held->version, error);
    if (!status && model->compiled)
        status = tl_keras_v3_read_state(file, model, assumed, error);
    return status;
}

static tlstm_status fill_model(tl_h5 *file, const contents *held, tlstm_model *model,
                               tlstm_error **error) {
    tlstm_status status = tl_keras_v3_check(file, model, error);
    if (!status)
        status = tl_model_allocate(model, error);
    if (!status)
        status = tl_keras_v3_read(file, model, model->parameters, error);
    if (!status)
        status = tl_keras_v3_note(file, model, error);
    if (!status)
        status = read_training(file, held, model, error);
    return status ? status : tl_resume_read(file, TL_RESUME_MODEL, model, error);
}

/* Into a model that was made of the configuration, or is there already. */
static tlstm_status read_weights(const tl_source *source, const contents *held, tlstm_model *model,
                                 tlstm_error **error) {
    tl_h5 *file = NULL;
    tlstm_status status =
        tl_h5_open(TL_KERAS_ZIP_WEIGHTS, held->weights, held->length, &file, error);
    if (!status)
        status = held->config ? fill_model(file, held, model, error)
                              : tl_keras_v3_load_weights(file, model, error);
    tl_h5_close(file);
    return status ? tl_fail_within(error, status, source->name) : TLSTM_OK;
}

static tlstm_status load(const tl_source *source, tlstm_model **model, tlstm_error **error) {
    contents held = {0};
    tlstm_model *made = NULL;
    tlstm_status status = unpack(source, 1, &held, error);
    if (!status)
        status = read_model(source, &held, &made, error);
    if (!status)
        status = read_weights(source, &held, made, error);
    clear_contents(&held);
    if (status) {
        tl_model_free(made);
        return status;
    }
    *model = made;
    return TLSTM_OK;
}

static tlstm_status load_weights(const tl_source *source, tlstm_model *model, tlstm_error **error) {
    contents held = {0};
    tlstm_status status = unpack(source, 0, &held, error);
    if (!status)
        status = read_weights(source, &held, model, error);
    clear_contents(&held);
    return status;
}

/* ---- Writing ---- */

static tlstm_status add_config(tl_zip_writer *zip, const tlstm_model *model, int compiled,
                               tlstm_error **error) {
    json_t *config = NULL;
    char *text = NULL;
    tlstm_status status = tl_keras_write_v3_model(model, compiled, &config, error);
    if (!status)
        status = tl_json_print(config, &text, error);
    if (!status)
        status = tl_zip_add(zip, TL_KERAS_ZIP_CONFIG, text, strlen(text), error);
    tl_free(text);
    json_decref(config);
    return status;
}

static tlstm_status add_weights(tl_zip_writer *zip, const tlstm_model *model, int compiled,
                                tlstm_error **error) {
    char *weights = NULL;
    size_t length = 0;
    tlstm_status status = tl_keras_v3_write(model, compiled, &weights, &length, error);
    if (!status)
        status = tl_zip_add(zip, TL_KERAS_ZIP_WEIGHTS, weights, length, error);
    tl_free(weights);
    return status;
}

static tlstm_status check_savable(const tlstm_model *model, const tlstm_save_options *options,
                                  tlstm_error **error) {
    if (options->weights_only)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "weights_only",
                       "a .keras file is a whole model; weights alone go into .weights.h5 or .h5");
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not built: it has no weights to save");
    tlstm_status status = tl_keras_check_is_for_3(options, error);
    return status ? status : tl_keras_check_keras3(model, error);
}

static tlstm_status save(const tlstm_model *model, const tlstm_save_options *options, char **bytes,
                         size_t *length, tlstm_error **error) {
    tl_zip_writer *zip = NULL;
    int compiled = model->compiled && !options->without_optimizer;
    tlstm_status status = check_savable(model, options, error);
    if (!status)
        status = tl_zip_create(&zip, error);
    if (!status)
        status =
            tl_zip_add(zip, TL_KERAS_ZIP_METADATA, metadata_text, strlen(metadata_text), error);
    if (!status)
        status = add_config(zip, model, compiled, error);
    if (!status)
        status = add_weights(zip, model, compiled, error);
    if (!status)
        status = tl_zip_finish(zip, bytes, length, error);
    tl_zip_discard(zip);
    return status;
}

const tl_format tl_keras_zip_format = {
    .name = "Keras archive (.keras)",
    .suffix = ".keras",
    .probe = probe,
    .load = load,
    .load_weights = load_weights,
    .save = save,
    .inspect = tl_inspect_zip,
};
