/* Collections of named arrays: finding the kind of a file; arrays in memory. */
#include "files/entries.h"

#include "base/alloc.h"
#include "base/text.h"
#include "data/array.h"
#include "data/bits.h"

#include <string.h>

/* No model of this library has so many weights, and names are searched one by one. */
#define MOST_ENTRIES 4096

tlstm_status tl_entries_add(tl_entries *entries, char *name, tl_entry **entry,
                            tlstm_error **error) {
    tlstm_status status = name ? TLSTM_OK : tl_fail_memory(error);
    for (size_t i = 0; i < entries->count && !status; i++)
        if (strcmp(entries->items[i].name, name) == 0)
            status = tl_fail(error, TLSTM_ERROR_FORMAT, name, "the name occurs twice");
    if (!status && entries->count == MOST_ENTRIES)
        status =
            tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "there are more than %d arrays", MOST_ENTRIES);
    tl_entry *grown = NULL;
    if (!status) {
        grown = tl_realloc(entries->items, entries->count + 1, sizeof(*grown));
        status = grown ? TLSTM_OK : tl_fail_memory(error);
    }
    if (status) {
        tl_free(name);
        return status;
    }
    entries->items = grown;
    *entry = &grown[entries->count];
    **entry = (tl_entry){.name = name, .index = entries->count++};
    return TLSTM_OK;
}

tlstm_status tl_entries_open(const tl_source *source, tl_entries *entries, tlstm_error **error) {
    tlstm_status status;
    *entries = (tl_entries){.name = source->name, .source = *source};
    if (tl_npz_probe(source))
        status = tl_npz_open(entries, error);
    else if (tl_safetensors_probe(source))
        status = tl_safetensors_open(entries, error);
    else
        return tl_fail(error, TLSTM_ERROR_FORMAT, source->name,
                       source->length ? "it is neither .npz nor .safetensors"
                                      : "the file is empty");
    if (status)
        tl_entries_close(entries);
    return status ? tl_fail_within(error, status, source->name) : TLSTM_OK;
}

void tl_entries_close(tl_entries *entries) {
    for (size_t i = 0; i < entries->count; i++)
        tl_free(entries->items[i].name);
    tl_free(entries->items);
    tl_zip_close(entries->zip);
    *entries = (tl_entries){0};
}

/* ---- In memory ---- */

static tlstm_status read_value(const tl_entries *entries, const tl_entry *entry, float *to,
                               tlstm_error **error) {
    const tlstm_array *value = entries->values[entry->index];
    return tl_floats_read(entry->type, !tl_is_little_endian(), value->data, value->size, to, error);
}

static tlstm_status add_value(tl_entries *entries, const char *given, const tlstm_array *value,
                              tlstm_error **error) {
    tl_text number = {0};
    tl_entry *entry = NULL;
    if (!given)
        tl_text_format(&number, "%zu", entries->count);
    char *name = given ? tl_strdup(given) : tl_text_take(&number);
    tlstm_status status = tl_entries_add(entries, name, &entry, error);
    if (status)
        return status;
    entry->type = value->dtype == TLSTM_FLOAT32   ? TL_FLOAT32
                  : value->dtype == TLSTM_FLOAT64 ? TL_FLOAT64
                                                  : TL_NO_FLOATS;
    entry->ndim = value->ndim;
    entry->size = value->size;
    memcpy(entry->shape, value->shape, value->ndim * sizeof(*value->shape));
    return TLSTM_OK;
}

tlstm_status tl_entries_wrap(const char *const *names, const tlstm_array *const *values,
                             size_t count, tl_entries *entries, tlstm_error **error) {
    *entries = (tl_entries){.name = "values", .read = read_value, .values = values};
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < count && !status; i++) {
        if ((names && !names[i]) || !values[i])
            status = tl_fail(error, TLSTM_ERROR_ARGUMENT, names && !names[i] ? "names" : "values",
                             "number %zu is NULL", i);
        else
            status = add_value(entries, names ? names[i] : NULL, values[i], error);
    }
    if (status)
        tl_entries_close(entries);
    return status;
}
