/*
 * Zip archives: Keras's `.keras`, whole or cut off. An archive is read from the directory at its
 * end; where that is missing the members that lie before, one after another, are found by their own
 * headers.
 */
#include "files/inspect.h"

#include "base/alloc.h"
#include "data/bits.h"
#include "files/keras_config.h"
#include "files/keras_zip.h"

#include <string.h>

/* ---- Members of an archive that is cut off ---- */

/* Of what is stored without compression. */
typedef struct member {
    const char *bytes;
    size_t length; /* as much as is there */
} member;

/* A local file header (APPNOTE.TXT 4.3.7): its own length, and what follows it. */
enum { HEADER = 30, METHOD = 8, PACKED_SIZE = 18, NAME_SIZE = 26, EXTRA_SIZE = 28 };

/* A size of 32 ones stands in an extra field (4.5.3), as the second number. */
static uint64_t packed_size(const char *header, const char *extra, size_t extra_size) {
    uint64_t size = tl_bits_read(header + PACKED_SIZE, 4, 0);
    int elsewhere = size == UINT32_MAX && extra_size >= 20 && tl_bits_read(extra, 2, 0) == 1;
    return elsewhere ? tl_bits_read(extra + 12, 8, 0) : size;
}

/* 0: there is no such member. */
static int find_member(const tl_source *source, const char *name, member *found) {
    const char *bytes = source->bytes;
    size_t place = 0, length = source->length;
    while (place < length && length - place > HEADER && memcmp(bytes + place, "PK\3\4", 4) == 0) {
        const char *header = bytes + place;
        size_t name_size = (size_t)tl_bits_read(header + NAME_SIZE, 2, 0);
        size_t extra_size = (size_t)tl_bits_read(header + EXTRA_SIZE, 2, 0);
        size_t begin = place + HEADER + name_size + extra_size;
        if (begin > length)
            return 0;
        uint64_t size = packed_size(header, header + HEADER + name_size, extra_size);
        int fits = size <= length - begin;
        if (name_size == strlen(name) && memcmp(header + HEADER, name, name_size) == 0) {
            *found = (member){bytes + begin, fits ? (size_t)size : length - begin};
            return tl_bits_read(header + METHOD, 2, 0) == 0;
        }
        place = fits ? begin + (size_t)size : length;
    }
    return 0;
}

/* ---- Members ---- */

/* One of an archive, whole (zip) or cut off (zip NULL); tl_free. NULL: there is none. */
static char *read_member(tl_inspection *inspection, tl_zip *zip, const char *name, size_t *length) {
    const tl_source *source = inspection->source;
    tlstm_error *reason = NULL;
    char *bytes = NULL;
    member found;
    if (!zip && find_member(source, name, &found)) {
        bytes = tl_alloc(found.length, 1);
        *length = found.length;
        if (bytes)
            memcpy(bytes, found.bytes, found.length);
        else
            inspection->report.text.failed = 1;
    }
    if (zip && tl_zip_has(zip, name) &&
        tl_keras_zip_read(zip, source, name, &bytes, length, &reason))
        tl_inspect_tell_damage(inspection, reason);
    return bytes;
}

static json_t *read_json(tl_inspection *inspection, tl_zip *zip, const char *name) {
    size_t length = 0;
    char *text = read_member(inspection, zip, name, &length);
    json_t *value = NULL;
    tlstm_error *reason = NULL;
    if (text && tl_json_parse(name, text, length, &value, &reason))
        tl_inspect_tell_damage(inspection, reason);
    tl_free(text);
    return value;
}

/* ---- The report ---- */

static tlstm_status tell_with_weights(tl_inspection *inspection, tl_zip *zip, tlstm_error **error) {
    size_t length = 0;
    char *weights = read_member(inspection, zip, TL_KERAS_ZIP_WEIGHTS, &length);
    tlstm_status status = TLSTM_OK;
    if (!weights)
        tl_report_line(&inspection->report, 0,
                       "damage: no " TL_KERAS_ZIP_WEIGHTS " that can be read");
    else if (!tl_inspect_open(inspection, TL_KERAS_ZIP_WEIGHTS, weights, length))
        tl_report_line(&inspection->report, 0,
                       "damage: " TL_KERAS_ZIP_WEIGHTS " cannot be opened as HDF5");
    else
        status = tl_inspect_read_v3(inspection, error);
    if (!status)
        tl_inspect_tell_all(inspection);
    tl_h5_close(inspection->file);
    inspection->file = NULL;
    tl_free(weights);
    return status;
}

static tlstm_status tell_archive(tl_inspection *inspection, tl_zip *zip, tlstm_error **error) {
    tl_report_line(&inspection->report, 0, "kind: whole model, Keras archive (.keras)");
    if (!zip)
        tl_report_line(&inspection->report, 0,
                       "damage: the archive has no directory at its end: it is cut off");
    json_t *metadata = read_json(inspection, zip, TL_KERAS_ZIP_METADATA);
    json_t *config = read_json(inspection, zip, TL_KERAS_ZIP_CONFIG);
    const json_t *training = json_object_get(config, "compile_config");
    inspection->version = tl_json_string(metadata, "keras_version");
    inspection->config = config;
    inspection->training = json_object_size(training) ? training : NULL;
    inspection->generation = tl_keras_generation(inspection->version, config);
    tl_inspect_tell_origin(inspection);
    tlstm_status status = tell_with_weights(inspection, zip, error);
    json_decref(config);
    json_decref(metadata);
    return status;
}

tlstm_status tl_inspect_zip(const tl_source *source, tl_inspection *inspection,
                            tlstm_error **error) {
    tl_zip *zip = NULL;
    member found;
    tlstm_status status = tl_zip_open(source->bytes, source->length, &zip, NULL);
    if (status == TLSTM_ERROR_MEMORY)
        return tl_fail_memory(error);
    int keras = zip ? tl_zip_has(zip, TL_KERAS_ZIP_CONFIG) || tl_zip_has(zip, TL_KERAS_ZIP_WEIGHTS)
                    : find_member(source, TL_KERAS_ZIP_CONFIG, &found) ||
                          find_member(source, TL_KERAS_ZIP_WEIGHTS, &found);
    status =
        keras ? tell_archive(inspection, zip, error) : tl_inspect_other(source, inspection, error);
    tl_zip_close(zip);
    return status;
}
