/* From arrays to weights: what all orders share. */
#include "files/import.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

/* ---- Names ---- */

/* The number in "arr_12" or "12"; SIZE_MAX where there is none, or not as Python writes it. */
static size_t number_of(const char *name) {
    size_t number = 0;
    if (strncmp(name, "arr_", 4) == 0)
        name += 4;
    if (!*name || (name[0] == '0' && name[1]) || strlen(name) > 6)
        return SIZE_MAX;
    for (; *name; name++) {
        if (*name < '0' || *name > '9')
            return SIZE_MAX;
        number = number * 10 + (size_t)(*name - '0');
    }
    return number;
}

/* Whether all are, each number once; then `places` has the entry of each. */
static int are_numbered(const tl_entries *entries, size_t *places) {
    for (size_t i = 0; i < entries->count; i++)
        places[i] = SIZE_MAX;
    for (size_t i = 0; i < entries->count; i++) {
        size_t number = number_of(entries->items[i].name);
        if (number >= entries->count || places[number] != SIZE_MAX)
            return 0;
        places[number] = i;
    }
    return entries->count > 0;
}

static void print_shape(char *text, size_t size, size_t ndim, const size_t *dims) {
    int length = snprintf(text, size, "(");
    for (size_t i = 0; i < ndim && length > 0 && (size_t)length < size; i++)
        length += snprintf(text + length, size - (size_t)length, i ? ", %zu" : "%zu", dims[i]);
    if (length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, ")");
}

tlstm_status tl_import_check_shape(const tl_entry *entry, const char *wanted, size_t ndim,
                                   const size_t *dims, tlstm_error **error) {
    size_t shape[TLSTM_MAX_DIMS];
    char want[96], got[96];
    int fits = entry->ndim == ndim;
    for (size_t i = 0; i < entry->ndim; i++) {
        shape[i] = (size_t)entry->shape[i];
        fits = fits && shape[i] == dims[i];
    }
    if (fits)
        return TLSTM_OK;
    print_shape(want, sizeof(want), ndim, dims);
    print_shape(got, sizeof(got), entry->ndim, shape);
    return tl_fail(error, TLSTM_ERROR_SHAPE, entry->name, "%s wants the shape %s, got %s", wanted,
                   want, got);
}

/* ---- Reading ---- */

/* Numbers of other kinds are somebody's quantized weights, or no weights. */
static tlstm_status check_types(const tl_entries *entries, tlstm_error **error) {
    for (size_t i = 0; i < entries->count; i++)
        if (entries->items[i].type == TL_NO_FLOATS)
            return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, entries->items[i].name,
                           "its elements are not float16, bfloat16, float32 or float64");
    return TLSTM_OK;
}

/* Where output `from` of `outputs` goes. */
static size_t place_of(const tl_share *share, size_t from, size_t outputs) {
    const size_t units = share->gates ? outputs / share->gates : outputs;
    return share->gates ? share->places[from / units] * units + from % units : from;
}

/* A matrix (out, in), or a vector (out). */
static void put(const tl_share *share, const tl_entry *entry, const float *from, float *to) {
    const size_t outputs = (size_t)entry->shape[0];
    const size_t inputs = entry->ndim > 1 ? (size_t)entry->shape[1] : 1;
    to += share->row * outputs;
    for (size_t o = 0; o < outputs; o++) {
        float *column = to + place_of(share, o, outputs);
        for (size_t i = 0; i < inputs; i++)
            column[i * outputs] = from[o * inputs + i] + (share->added ? column[i * outputs] : 0);
    }
}

/* One array into a block like the model's parameters. `room` has space for its elements. */
static tlstm_status fill(const tl_import *import, size_t index, float *room, float *block,
                         tlstm_error **error) {
    const tl_entry *entry = &import->entries->items[index];
    const tl_share *share = &import->shares[index];
    float *to = block + share->weight->offset;
    if (!share->turned)
        return import->entries->read(import->entries, entry, to, error);
    tlstm_status status = import->entries->read(import->entries, entry, room, error);
    if (!status)
        put(share, entry, room, to);
    return status;
}

/* What is added to comes first. */
static tlstm_status fill_all(const tl_import *import, float *room, float *block,
                             tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (int added = 0; added < 2; added++)
        for (size_t i = 0; i < import->entries->count && !status; i++)
            if (import->shares[i].added == added)
                status = fill(import, i, room, block, error);
    return status;
}

static tlstm_status assign_as(const tl_import *import, const size_t *places, tlstm_error **error) {
    if (places && import->options->module_count)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, import->options->modules[0],
                       "the arrays are named by numbers: there is nothing to map");
    switch (import->options->order) {
    case TLSTM_KERAS_ORDER:
        return tl_import_keras(import, places, error);
    case TLSTM_PYTORCH_ORDER:
        return tl_import_pytorch(import, places, error);
    default:
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "options.order", "%d is no order of weights",
                       (int)import->options->order);
    }
}

static tlstm_status assign(const tl_import *import, tlstm_error **error) {
    size_t *places = tl_alloc(import->entries->count, sizeof(*places));
    if (!places)
        return tl_fail_memory(error);
    tlstm_status status =
        assign_as(import, are_numbered(import->entries, places) ? places : NULL, error);
    tl_free(places);
    return status;
}

static void note_types(tlstm_model *model, const tl_entries *entries) {
    static const tl_float_type types[] = {TL_FLOAT16, TL_BFLOAT16, TL_FLOAT64};
    for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
        const tl_entry *first = NULL;
        size_t count = 0;
        for (size_t i = 0; i < entries->count; i++)
            if (entries->items[i].type == types[t]) {
                first = first ? first : &entries->items[i];
                count++;
            }
        if (count)
            tl_model_note(model, TLSTM_NOTE_CONVERTED,
                          "%zu of %zu arrays, \"%.100s\" first, came as %s: now float32", count,
                          entries->count, first->name, tl_float_name(types[t]));
    }
}

static size_t largest(const tl_entries *entries) {
    size_t size = 0;
    for (size_t i = 0; i < entries->count; i++)
        size = entries->items[i].size > size ? entries->items[i].size : size;
    return size;
}

tlstm_status tl_import_weights(tlstm_model *model, const tl_entries *entries,
                               const tlstm_weights_options *options, tlstm_error **error) {
    tl_import import = {model, entries, options, NULL};
    float *room = NULL, *block = NULL;
    import.shares = tl_alloc_zero(entries->count, sizeof(*import.shares));
    tlstm_status status = import.shares ? TLSTM_OK : tl_fail_memory(error);
    if (!status)
        status = assign(&import, error);
    if (!status)
        status = check_types(entries, error);
    if (!status) {
        block = tl_alloc_zero(model->parameter_count, sizeof(*block));
        room = tl_alloc(largest(entries), sizeof(*room));
        status = block && room ? fill_all(&import, room, block, error) : tl_fail_memory(error);
    }
    if (!status) {
        memcpy(model->parameters, block, model->parameter_count * sizeof(*block));
        model->changes++;
        note_types(model, entries);
    }
    tl_free(room);
    tl_free(block);
    tl_free(import.shares);
    return status ? tl_fail_within(error, status, entries->name) : TLSTM_OK;
}
