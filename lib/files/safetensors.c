/*
 * The `.safetensors` format of Hugging Face: eight bytes that hold the length of a header (lowest
 * byte first), the header, and the elements.
 *
 *   {"__metadata__": {...}, "lstm.bias_hh_l0": {"dtype": "F32", "shape": [32], "data_offsets": [0,
 * 128]}}
 *
 * Offsets count from the end of the header. As in the format's own reader, the arrays must cover
 * all that lies there, without gap or overlap.
 */
#include "base/alloc.h"
#include "data/bits.h"
#include "files/entries.h"
#include "files/keras_json.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8 };

typedef struct dtype {
    const char *name;
    size_t size;
    tl_float_type type;
} dtype;

static const dtype dtypes[] = {
    {"F32", 4, TL_FLOAT32},    {"F16", 2, TL_FLOAT16},       {"BF16", 2, TL_BFLOAT16},
    {"F64", 8, TL_FLOAT64},    {"F8_E4M3", 1, TL_NO_FLOATS}, {"F8_E5M2", 1, TL_NO_FLOATS},
    {"BOOL", 1, TL_NO_FLOATS}, {"U8", 1, TL_NO_FLOATS},      {"I8", 1, TL_NO_FLOATS},
    {"U16", 2, TL_NO_FLOATS},  {"I16", 2, TL_NO_FLOATS},     {"U32", 4, TL_NO_FLOATS},
    {"I32", 4, TL_NO_FLOATS},  {"U64", 8, TL_NO_FLOATS},     {"I64", 8, TL_NO_FLOATS},
};

int tl_safetensors_probe(const tl_source *source) {
    return source->length > PREFIX && ((const char *)source->bytes)[PREFIX] == '{';
}

/* ---- One entry of the header ---- */

static const dtype *find_dtype(const char *name) {
    for (size_t i = 0; name && i < sizeof(dtypes) / sizeof(*dtypes); i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    return NULL;
}

/* A whole number that is not negative. */
static int take_size(const json_t *value, int64_t *size) {
    *size = json_is_integer(value) ? json_integer_value(value) : -1;
    return *size >= 0;
}

static tlstm_status read_shape(const json_t *shape, tl_entry *entry, tlstm_error **error) {
    if (!json_is_array(shape))
        return tl_fail(error, TLSTM_ERROR_FORMAT, entry->name, "it has no shape");
    if (json_array_size(shape) > TLSTM_MAX_DIMS)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, entry->name,
                       "it has more than %d dimensions", TLSTM_MAX_DIMS);
    entry->ndim = json_array_size(shape);
    entry->size = 1;
    int empty = 0, fits = 1;
    for (size_t i = 0; i < entry->ndim; i++) {
        if (!take_size(json_array_get(shape, i), &entry->shape[i]))
            return tl_fail(error, TLSTM_ERROR_FORMAT, entry->name, "its shape is no list of sizes");
        empty = empty || entry->shape[i] == 0;
    }
    for (size_t i = 0; i < entry->ndim && !empty && fits; i++)
        fits = (uint64_t)entry->shape[i] <= SIZE_MAX &&
               tl_size_multiply(entry->size, (size_t)entry->shape[i], &entry->size);
    if (empty)
        entry->size = 0;
    return fits
               ? TLSTM_OK
               : tl_fail(error, TLSTM_ERROR_FORMAT, entry->name, "its shape is larger than memory");
}

/* Where its bytes lie; `room` follows the header. */
static tlstm_status read_place(const json_t *offsets, size_t size, size_t room, tl_entry *entry,
                               tlstm_error **error) {
    int64_t begin = 0, end = 0;
    size_t bytes = 0;
    if (json_array_size(offsets) != 2 || !take_size(json_array_get(offsets, 0), &begin) ||
        !take_size(json_array_get(offsets, 1), &end))
        return tl_fail(error, TLSTM_ERROR_FORMAT, entry->name,
                       "its data_offsets are not two positions");
    if (begin > end || (uint64_t)end > room)
        return tl_fail(
            error, TLSTM_ERROR_FORMAT, entry->name,
            "its data_offsets, %lld to %lld, are not inside the file's %zu bytes of data",
            (long long)begin, (long long)end, room);
    if (!tl_size_multiply(entry->size, size, &bytes) || (uint64_t)(end - begin) != bytes)
        return tl_fail(error, TLSTM_ERROR_FORMAT, entry->name,
                       "its shape and dtype do not fit the %lld bytes of its data_offsets",
                       (long long)(end - begin));
    entry->position = (size_t)begin;
    return TLSTM_OK;
}

static tlstm_status read_entry(const json_t *about, size_t room, tl_entry *entry, size_t *end,
                               tlstm_error **error) {
    const char *type = tl_json_string(about, "dtype");
    const dtype *found = find_dtype(type);
    if (!json_is_object(about) || !type)
        return tl_fail(error, TLSTM_ERROR_FORMAT, entry->name, "it has no dtype");
    if (!found)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, entry->name,
                       "its dtype \"%.32s\" is unknown", type);
    entry->type = found->type;
    tlstm_status status = read_shape(json_object_get(about, "shape"), entry, error);
    if (!status)
        status =
            read_place(json_object_get(about, "data_offsets"), found->size, room, entry, error);
    if (!status)
        *end = entry->position + entry->size * found->size;
    return status;
}

/* ---- All of them ---- */

/* Where an array's bytes begin and end, and its name. */
typedef struct extent {
    size_t begin, end;
    const char *name;
} extent;

/* Empty arrays first where others begin, too. */
static int compare(const void *a, const void *b) {
    const extent *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

static tlstm_status check_cover(extent *extents, size_t count, size_t room, tlstm_error **error) {
    size_t at = 0;
    if (count)
        qsort(extents, count, sizeof(*extents), compare);
    for (size_t i = 0; i < count; i++) {
        if (extents[i].begin != at)
            return tl_fail(error, TLSTM_ERROR_FORMAT, extents[i].name,
                           extents[i].begin < at ? "its bytes overlap those of another array"
                                                 : "before its bytes are some of no array");
        at = extents[i].end;
    }
    return at == room ? TLSTM_OK
                      : tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                                "behind the last array are %zu bytes more", room - at);
}

static tlstm_status add_all(tl_entries *entries, const json_t *header, size_t room, extent *extents,
                            tlstm_error **error) {
    const char *name;
    json_t *about;
    tlstm_status status = TLSTM_OK;
    json_object_foreach((json_t *)header, name, about) {
        tl_entry *entry = NULL;
        if (strcmp(name, "__metadata__") == 0)
            continue;
        status = tl_entries_add(entries, tl_strdup(name), &entry, error);
        if (status)
            return status;
        extent *place = &extents[entry->index];
        status = read_entry(about, room, entry, &place->end, error);
        if (status)
            return status;
        place->begin = entry->position;
        place->name = entry->name;
        entry->position += entries->source.length - room;
    }
    return check_cover(extents, entries->count, room, error);
}

static tlstm_status read(const tl_entries *entries, const tl_entry *entry, float *to,
                         tlstm_error **error) {
    const char *bytes = (const char *)entries->source.bytes + entry->position;
    tlstm_status status = tl_floats_read(entry->type, 0, bytes, entry->size, to, error);
    return status ? tl_fail_within(error, status, entry->name) : TLSTM_OK;
}

tlstm_status tl_safetensors_open(tl_entries *entries, tlstm_error **error) {
    const tl_source *source = &entries->source;
    /* More than the file has in a file that is none of this format. */
    const uint64_t length = tl_bits_read(source->bytes, PREFIX, 0);
    json_t *header = NULL;
    if (length > source->length - PREFIX)
        return tl_fail(error, TLSTM_ERROR_FORMAT, "header",
                       "it is cut off, or this is no .safetensors file");
    tlstm_status status = tl_json_parse_strict("header", (const char *)source->bytes + PREFIX,
                                               (size_t)length, &header, error);
    if (status)
        return status;
    extent *extents = tl_alloc(json_object_size(header), sizeof(*extents));
    entries->read = read;
    status =
        extents ? add_all(entries, header, source->length - PREFIX - (size_t)length, extents, error)
                : tl_fail_memory(error);
    tl_free(extents);
    json_decref(header);
    return status;
}
