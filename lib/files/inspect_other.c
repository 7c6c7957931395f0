/* Files of no format that the library reads: what they are instead, by the bytes they begin with.
 */
#include "files/inspect.h"

#include "base/alloc.h"
#include "files/keras_config.h"

#include <string.h>

/* ---- Signatures ---- */

typedef struct signature {
    size_t place;
    const char *bytes;
    size_t length;
    const char *kind;
} signature;

#define AT(place, bytes, kind)                                                                     \
    { place, bytes, sizeof(bytes) - 1, kind }

/* The first that fits. */
static const signature signatures[] = {
    AT(0, "PK\3\4", "zip archive, of no kind that Keras writes"),
    AT(0, "PK\5\6", "zip archive without files"),
    AT(0, "\x93NUMPY", "array of NumPy (.npy)"),
    AT(0, "\x1f\x8b", "compressed by gzip: unpack it first"),
    AT(0, "BZh", "compressed by bzip2: unpack it first"),
    AT(0,
       "\xfd"
       "7zXZ",
       "compressed by xz: unpack it first"),
    AT(0, "\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"),
    AT(0, "7z\xbc\xaf\x27\x1c", "7z archive: unpack it first"),
    AT(0, "Rar!", "rar archive: unpack it first"),
    AT(257, "ustar", "tar archive: unpack it first"),
    AT(4, "TFL3", "model of TensorFlow Lite"),
    AT(0, "GGUF", "model of llama.cpp (GGUF)"),
    AT(0, "\x80\2", "pickle of Python, which PyTorch writes among others"),
    AT(0, "\x80\3", "pickle of Python"),
    AT(0, "\x80\4", "pickle of Python"),
    AT(0, "\x80\5", "pickle of Python"),
    AT(0, "version https://git-lfs.github.com",
       "pointer of Git LFS: the file itself was not "
       "fetched (git lfs pull)"),
    AT(0, "%PDF", "PDF document"),
    AT(0, "\x89PNG", "image (PNG)"),
    AT(0, "\xff\xd8\xff", "image (JPEG)"),
    AT(0, "GIF8", "image (GIF)"),
    AT(0,
       "\x7f"
       "ELF",
       "program or library (ELF)"),
    AT(0, "MZ", "program of Windows"),
    AT(0, "SQLite format 3", "database (SQLite)"),
};

static const char *find_signature(const tl_source *source) {
    const char *bytes = source->bytes;
    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        const signature *one = &signatures[i];
        if (source->length >= one->place + one->length &&
            memcmp(bytes + one->place, one->bytes, one->length) == 0)
            return one->kind;
    }
    return NULL;
}

/* ---- Text ---- */

/* Of the first bytes: no controls but those of lines, so that one cut at any place is text, too. */
static int is_text(const tl_source *source) {
    const unsigned char *bytes = source->bytes;
    for (size_t i = 0; i < source->length && i < 4096; i++)
        if ((bytes[i] < ' ' && !strchr("\t\n\r\f", bytes[i])) || bytes[i] == 0 || bytes[i] == 127)
            return 0;
    return 1;
}

/* Blanks are passed over; upper and lower case are one. */
static int begins_with(const tl_source *source, const char *word) {
    const char *at = source->bytes, *end = at + source->length;
    while (at < end && strchr(" \t\r\n", *at))
        at++;
    for (; *word; word++, at++)
        if (at >= end || (*at | 0x20) != (*word | 0x20))
            return 0;
    return 1;
}

static const char *text_kind(const tl_source *source) {
    if (begins_with(source, "<!doctype html") || begins_with(source, "<html"))
        return "page of the web (HTML), such as a failed download leaves";
    if (begins_with(source, "<"))
        return "text (XML)";
    return "text";
}

/* ---- JSON ---- */

/* What model.to_json() gives; NULL: something else. */
static json_t *parse_config(const tl_source *source) {
    json_t *value = NULL;
    if (!begins_with(source, "{") ||
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
    const char *kind = source->length ? find_signature(source) : "empty file";
    json_t *value = kind ? NULL : parse_config(source);
    if (!kind && !value)
        kind = is_text(source) ? text_kind(source) : "unknown";
    if (value)
        tell_json(inspection, value);
    else
        tl_report_line(&inspection->report, 0, "kind: %s", kind);
    json_decref(value);
    return TLSTM_OK;
}
