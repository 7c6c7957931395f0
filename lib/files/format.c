/* Finding the format of a file, and moving its bytes. */
#include "files/format.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "files/signatures.h"

#include <stdint.h>
#include <string.h>

/* No model file is larger: it would not fit the memory it is read into. */
#define LARGEST_FILE ((size_t)1 << (sizeof(size_t) > 4 ? 36 : 30))

/* Whatever no format takes. */
static tlstm_status refuse(const tl_source *source, tlstm_error **error) {
    const char *kind = tl_signature_kind(source);
    if (kind)
        return tl_fail(error, TLSTM_ERROR_FORMAT, source->name, "no model file: %s", kind);
    return tl_fail(error, TLSTM_ERROR_FORMAT, source->name,
                   !source->length ? "the file is empty"
                   : tl_begins_with(source, "{")
                       ? "it is JSON, a model's configuration at most, and has no weights"
                       : "not a model file, or a damaged one");
}

tlstm_status tl_source_find(const tl_source *source, const tl_format **format,
                            tlstm_error **error) {
    for (const tl_format *const *candidate = tl_formats; *candidate; candidate++)
        if ((*candidate)->probe && (*candidate)->probe(source)) {
            *format = *candidate;
            return TLSTM_OK;
        }
    return refuse(source, error);
}

static tlstm_status load_source(const tl_source *source, tlstm_model **model, tlstm_error **error) {
    const tl_format *format = NULL;
    tlstm_status status = tl_source_find(source, &format, error);
    return status ? status : format->load(source, model, error);
}

tl_source tl_source_memory(const void *bytes, size_t length) {
    return (tl_source){"memory", bytes, length};
}

tlstm_status tl_model_load_memory(const void *bytes, size_t length, tlstm_model **model,
                                  tlstm_error **error) {
    tl_source source = tl_source_memory(bytes, length);
    return load_source(&source, model, error);
}

tlstm_status tl_source_read(const char *path, tl_source *source, tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = tl_file_read(path, LARGEST_FILE, &bytes, &length, error);
    if (!status)
        *source = (tl_source){path, bytes, length};
    return status;
}

void tl_source_free(tl_source *source) {
    tl_free((void *)source->bytes);
}

tlstm_status tl_model_load(const char *path, tlstm_model **model, tlstm_error **error) {
    tl_source source;
    tlstm_status status = tl_source_read(path, &source, error);
    if (status)
        return status;
    status = load_source(&source, model, error);
    tl_source_free(&source);
    return status;
}

static tlstm_status load_weights_source(const tl_source *source, tlstm_model *model,
                                        tlstm_error **error) {
    const tl_format *format = NULL;
    tlstm_status status = tl_source_find(source, &format, error);
    return status ? status : format->load_weights(source, model, error);
}

tlstm_status tl_model_load_weights(tlstm_model *model, const char *path, tlstm_error **error) {
    tl_source source;
    tlstm_status status = tl_source_read(path, &source, error);
    if (status)
        return status;
    status = load_weights_source(&source, model, error);
    tl_source_free(&source);
    return status;
}

tlstm_status tl_model_load_weights_memory(tlstm_model *model, const void *bytes, size_t length,
                                          tlstm_error **error) {
    tl_source source = tl_source_memory(bytes, length);
    return load_weights_source(&source, model, error);
}

/* By the longest suffix, so that ".weights.h5" is not taken for ".h5"; there is a format for all.
 */
static const tl_format *format_of_path(const char *path) {
    const tl_format *best = NULL;
    for (const tl_format *const *format = tl_formats; *format; format++)
        if (tl_text_ends_in(path, (*format)->suffix) &&
            (!best || strlen((*format)->suffix) > strlen(best->suffix)))
            best = *format;
    return best;
}

tlstm_status tl_model_check_save(const tlstm_model *model, const char *path,
                                 const tlstm_save_options *options, tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = format_of_path(path)->save(model, options, &bytes, &length, error);
    tl_free(bytes);
    return status ? tl_fail_within(error, status, path) : TLSTM_OK;
}

tlstm_status tl_model_save(const tlstm_model *model, const char *path,
                           const tlstm_save_options *options, tlstm_error **error) {
    const tl_format *format = format_of_path(path);
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = format->save(model, options, &bytes, &length, error);
    if (status)
        return tl_fail_within(error, status, path);
    status = tl_file_write(path, bytes, length, error);
    tl_free(bytes);
    return status;
}

tlstm_status tl_model_save_memory(const tlstm_model *model, const tlstm_save_options *options,
                                  char **bytes, size_t *length, tlstm_error **error) {
    return format_of_path("")->save(model, options, bytes, length, error);
}
