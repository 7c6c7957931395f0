/* NumPy's `.npz`: a zip archive with a `.npy` file for each array. */
#include "base/alloc.h"
#include "data/bits.h"
#include "data/npy.h"
#include "files/entries.h"

#include <string.h>

#define ENDING ".npy"

/* More than any header takes: the dictionary of one array of numbers, with blanks around. */
enum { HEADER_ROOM = 4096 };

int tl_npz_probe(const tl_source *source) {
    return source->length >= 4 &&
           (memcmp(source->bytes, "PK\3\4", 4) == 0 || memcmp(source->bytes, "PK\5\6", 4) == 0);
}

static tl_float_type type_of(const tl_npy_header *header) {
    if (header->kind == 'V')
        return TL_BFLOAT16;
    if (header->kind != 'f')
        return TL_NO_FLOATS;
    return header->size == 2 ? TL_FLOAT16 : header->size == 4 ? TL_FLOAT32 : TL_FLOAT64;
}

/* "lstm/kernel.npy" to "lstm/kernel". */
static tlstm_status cut_ending(char *name, tlstm_error **error) {
    size_t length = strlen(name), ending = strlen(ENDING);
    const char *base = strrchr(name, '/');
    if (length > ending && strcmp(name + length - ending, ENDING) == 0) {
        name[length - ending] = '\0';
        return TLSTM_OK;
    }
    if (strcmp(base ? base + 1 : name, "data.pkl") == 0)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, name,
                       "this is a pickle of PyTorch: write the state_dict with "
                       "safetensors.torch.save_file() or numpy.savez()");
    return tl_fail(error, TLSTM_ERROR_FORMAT, name, "is no array (" ENDING ")");
}

static tlstm_status describe(const tl_npy_header *header, size_t length, tl_entry *entry,
                             tlstm_error **error) {
    entry->type = type_of(header);
    entry->ndim = header->ndim;
    memcpy(entry->shape, header->shape, header->ndim * sizeof(*header->shape));
    /* Objects have no size: they are refused as what they are. */
    return header->kind == 'O' ? TLSTM_OK : tl_npy_count(header, length, &entry->size, error);
}

static tlstm_status look_at(tl_entries *entries, char *name, tlstm_error **error) {
    char bytes[HEADER_ROOM];
    size_t got = 0, length = 0;
    tl_npy_header header;
    tl_entry *entry = NULL;
    tlstm_status status =
        tl_zip_peek(entries->zip, name, sizeof(bytes), bytes, &got, &length, error);
    if (!status)
        status = cut_ending(name, error);
    if (!status) {
        status = tl_npy_header_read(bytes, got, &header, error);
        if (status)
            tl_fail_within(error, status, name);
    }
    if (status) {
        tl_free(name);
        return status;
    }
    status = tl_entries_add(entries, name, &entry, error);
    if (status)
        return status;
    status = describe(&header, length, entry, error);
    return status ? tl_fail_within(error, status, entry->name) : TLSTM_OK;
}

/* Elements of an array whose first dimension runs fastest into C order. */
static void reorder(const tl_entry *entry, const float *from, float *to) {
    size_t index[TLSTM_MAX_DIMS] = {0};
    for (size_t i = 0; i < entry->size; i++) {
        size_t at = 0;
        for (size_t d = entry->ndim; d-- > 0;)
            at = at * (size_t)entry->shape[d] + index[d];
        to[i] = from[at];
        for (size_t d = entry->ndim; d-- > 0 && ++index[d] == (size_t)entry->shape[d];)
            index[d] = 0;
    }
}

static tlstm_status read_elements(const tl_entry *entry, const tl_npy_header *header,
                                  const char *bytes, float *to, tlstm_error **error) {
    const int big = header->order == '>' || (header->order != '<' && !tl_is_little_endian());
    if (!header->fortran || header->ndim < 2)
        return tl_floats_read(entry->type, big, bytes, entry->size, to, error);
    float *columns = tl_alloc(entry->size, sizeof(*columns));
    if (!columns)
        return tl_fail_memory(error);
    tlstm_status status = tl_floats_read(entry->type, big, bytes, entry->size, columns, error);
    if (!status)
        reorder(entry, columns, to);
    tl_free(columns);
    return status;
}

static tlstm_status read_entry(const tl_entries *entries, const tl_entry *entry, float *to,
                               tlstm_error **error) {
    char *bytes = NULL, *name = tl_alloc(strlen(entry->name) + sizeof(ENDING), 1);
    size_t length = 0, count = 0;
    tl_npy_header header;
    if (!name)
        return tl_fail_memory(error);
    strcpy(name, entry->name);
    strcat(name, ENDING);
    tlstm_status status =
        tl_zip_read(entries->zip, name, HEADER_ROOM + entry->size * tl_float_size(entry->type),
                    &bytes, &length, error);
    tl_free(name);
    if (status)
        return status;
    status = tl_npy_header_read(bytes, length, &header, error);
    if (!status)
        status = tl_npy_count(&header, length, &count, error);
    if (!status && count != entry->size)
        status = tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "the archive is damaged");
    if (!status)
        status = read_elements(entry, &header, bytes + header.offset, to, error);
    tl_free(bytes);
    return status ? tl_fail_within(error, status, entry->name) : TLSTM_OK;
}

tlstm_status tl_npz_open(tl_entries *entries, tlstm_error **error) {
    char *name = NULL;
    entries->read = read_entry;
    tlstm_status status =
        tl_zip_open(entries->source.bytes, entries->source.length, &entries->zip, error);
    if (!status)
        status = tl_zip_next(entries->zip, 1, &name, error);
    while (!status && name) {
        status = look_at(entries, name, error);
        if (!status)
            status = tl_zip_next(entries->zip, 0, &name, error);
    }
    return status;
}
