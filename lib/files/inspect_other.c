/* Files of no format that the library reads: what they are instead. */
#include "files/inspect.h"

#include "base/alloc.h"
#include "files/keras_config.h"
#include "files/signatures.h"

#include <string.h>

/* Of the first bytes: no controls but those of lines, so that one cut at any place is text, too. */
static int is_text(const tl_source *source) {
    const unsigned char *bytes = source->bytes;
    for (size_t i = 0; i < source->length && i < 4096; i++)
        if ((bytes[i] < ' ' && !strchr("\t\n\r\f", bytes[i])) || bytes[i] == 0 || bytes[i] == 127)
            return 0;
    return 1;
}

/* ---- JSON ---- */

/* What model.to_json() gives; NULL: something else. */
static json_t *parse_config(const tl_source *source) {
    json_t *value = NULL;
    if (!tl_begins_with(source, "{") ||
        tl_json_parse(source->name, source->bytes, source->length, &value, NULL))
        return NULL;
    return value;
}

static void tell_json(tl_inspection *inspection, const json_t *value) {
    json_t *config = NULL;
    if (!tl_keras_class(value, &config) || !config) {
        tl_report_line(&inspection->report, 0, "kind: JSON");
        return;
    }
    tl_report_line(&inspection->report, 0,
                   "kind: configuration of a model without weights, JSON (model.to_json())");
    inspection->config = value;
    inspection->version = tl_json_string(value, "keras_version");
    inspection->backend = tl_json_string(value, "backend");
    inspection->generation = tl_keras_generation(inspection->version, value);
    tl_inspect_tell_origin(inspection);
    tl_inspect_tell_model(inspection);
}

tlstm_status tl_inspect_other(const tl_source *source, tl_inspection *inspection,
                              tlstm_error **error) {
    (void)error;
    if (source->length && tl_inspect_arrays(source, inspection))
        return TLSTM_OK;
    const char *kind = source->length ? tl_signature_kind(source) : "empty file";
    json_t *value = kind ? NULL : parse_config(source);
    if (!kind && !value)
        kind = is_text(source) ? "text" : "unknown";
    if (value)
        tell_json(inspection, value);
    else
        tl_report_line(&inspection->report, 0, "kind: %s", kind);
    json_decref(value);
    return TLSTM_OK;
}
