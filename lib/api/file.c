/* The public functions of tinylstm/file.h, and those of tinylstm/model.h that speak JSON. */
#include "tinylstm/file.h"

#include "api/options.h"
#include "base/alloc.h"
#include "files/format.h"
#include "files/inspect.h"
#include "files/keras_config.h"

#include <stddef.h>
#include <string.h>

tlstm_status tlstm_model_from_json(const char *json, size_t length, uint64_t seed,
                                   tlstm_model **model, tlstm_error **error) {
    tlstm_model *made = NULL;
    tlstm_status status = tl_require(json, "json", error);
    if (!status)
        status = tl_require(model, "model", error);
    if (!status)
        status = tl_keras_parse_model("json", json, length, NULL, seed, &made, NULL, error);
    if (status)
        return status;
    *model = made;
    return TLSTM_OK;
}

tlstm_status tlstm_model_to_json(const tlstm_model *model, char **json, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(json, "json", error);
    return status ? status : tl_keras_model_to_json(model, json, error);
}

tlstm_status tlstm_model_add_layer(tlstm_model *model, const char *class_name, const char *config,
                                   tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(class_name, "class_name", error);
    return status ? status : tl_keras_add_layer(model, class_name, config ? config : "{}", error);
}

tlstm_status tlstm_model_load(const char *path, tlstm_model **model, tlstm_error **error) {
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = tl_require(model, "model", error);
    return status ? status : tl_model_load(path, model, error);
}

tlstm_status tlstm_model_load_memory(const void *bytes, size_t length, tlstm_model **model,
                                     tlstm_error **error) {
    tlstm_status status = tl_require(bytes, "bytes", error);
    if (!status)
        status = tl_require(model, "model", error);
    return status ? status : tl_model_load_memory(bytes, length, model, error);
}

tlstm_status tlstm_model_load_weights(tlstm_model *model, const char *path, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(path, "path", error);
    if (!status)
        status = tl_model_ensure_built(model, error);
    return status ? status : tl_model_load_weights(model, path, error);
}

tlstm_status tlstm_model_load_weights_memory(tlstm_model *model, const void *bytes, size_t length,
                                             tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(bytes, "bytes", error);
    if (!status)
        status = tl_model_ensure_built(model, error);
    return status ? status : tl_model_load_weights_memory(model, bytes, length, error);
}

size_t tlstm_model_notes(const tlstm_model *model) {
    return model ? model->note_count : 0;
}

const char *tlstm_model_note(const tlstm_model *model, size_t index) {
    return model && index < model->note_count ? model->notes[index].text : NULL;
}

tlstm_note_kind tlstm_model_note_kind(const tlstm_model *model, size_t index) {
    return model && index < model->note_count ? model->notes[index].kind : -1;
}

tlstm_status tlstm_file_inspect(const char *path, char **report, tlstm_error **error) {
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = tl_require(report, "report", error);
    return status ? status : tl_file_inspect(path, report, error);
}

tlstm_status tlstm_file_inspect_memory(const void *bytes, size_t length, char **report,
                                       tlstm_error **error) {
    tlstm_status status = tl_require(bytes, "bytes", error);
    if (!status)
        status = tl_require(report, "report", error);
    return status ? status : tl_file_inspect_memory(bytes, length, report, error);
}

void tlstm_save_options_init(tlstm_save_options *options) {
    const tlstm_save_options defaults = TLSTM_SAVE_OPTIONS_INIT;
    const size_t first_release = offsetof(tlstm_save_options, keras);
    if (!options)
        return;
    memcpy(options, &defaults, first_release);
    options->struct_size = first_release;
}

tlstm_status tlstm_model_save(const tlstm_model *model, const char *path,
                              const tlstm_save_options *options, tlstm_error **error) {
    tlstm_save_options chosen = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(path, "path", error);
    if (!status)
        status = tl_options_read(options, "options", &chosen, sizeof(chosen), error);
    return status ? status : tl_model_save(model, path, &chosen, error);
}

tlstm_status tlstm_model_save_memory(const tlstm_model *model, const tlstm_save_options *options,
                                     char **bytes, size_t *length, tlstm_error **error) {
    tlstm_save_options chosen = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(bytes, "bytes", error);
    if (!status)
        status = tl_require(length, "length", error);
    if (!status)
        status = tl_options_read(options, "options", &chosen, sizeof(chosen), error);
    return status ? status : tl_model_save_memory(model, &chosen, bytes, length, error);
}
