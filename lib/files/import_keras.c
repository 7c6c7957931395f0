/*
 * Keras's order: arrays are as get_weights() gives them. Their names are numbers, in its order, or
 * what the generations of Keras call weights:
 *
 *   lstm/kernel, lstm/lstm_cell/kernel:0, sequential/lstm/lstm_cell/kernel, lstm.kernel, kernel
 *
 * The last part names the weight, one before it the layer.
 */
#include "files/import.h"

#include <string.h>

/* The length of a name without the ":0" of TensorFlow's variables. */
static size_t length_of(const char *name) {
    size_t length = strlen(name);
    return length > 2 && strcmp(name + length - 2, ":0") == 0 ? length - 2 : length;
}

static int is(const char *text, size_t length, const char *word) {
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* A part of a name without slashes may be set off by points. */
static char separator_of(const char *name, size_t length) {
    return memchr(name, '/', length) ? '/' : '.';
}

/* Whether a word is all of a path, 2, or a part of it, 1. */
static int has_part(const char *path, size_t length, char separator, const char *word) {
    if (is(path, length, word))
        return 2;
    for (const char *part = path, *end = path + length; part < end;) {
        const char *next = memchr(part, separator, (size_t)(end - part));
        const size_t size = (size_t)((next ? next : end) - part);
        if (is(part, size, word))
            return 1;
        part += size + 1;
    }
    return 0;
}

/* How well the path before a weight's name says that it is this layer's: 0 not at all, 1 it names
 * no layer, 2 a part of it is the layer's name, 3 all of it is. */
static int rate_path(const tl_import *import, const tl_layer *layer, const char *path,
                     size_t length, char separator) {
    const tlstm_weights_options *options = import->options;
    const char *mapped = NULL;
    int best = 0;
    /* What is mapped has no other meaning. */
    for (size_t i = 0; i < options->module_count; i++) {
        const int fits = has_part(path, length, separator, options->modules[i]);
        if (fits > best) {
            best = fits;
            mapped = options->layers[i];
        }
    }
    if (mapped)
        return strcmp(mapped, layer->name) == 0 ? best + 1 : 0;
    const int fits = has_part(path, length, separator, layer->name);
    return length == 0 ? 1 : fits ? fits + 1 : 0;
}

static int rate(const tl_import *import, const tl_layer *layer, const tl_weight *weight,
                const char *name) {
    const size_t length = length_of(name), tail = strlen(weight->name);
    const char separator = separator_of(name, length);
    if (length < tail || memcmp(name + length - tail, weight->name, tail) != 0)
        return 0;
    if (length == tail)
        return rate_path(import, layer, name, 0, separator);
    return name[length - tail - 1] == separator
               ? rate_path(import, layer, name, length - tail - 1, separator)
               : 0;
}

/* ---- By name ---- */

/* Keras calls nothing "weight". */
static int looks_like_pytorch(const char *name) {
    const char *point = strrchr(name, '.'), *tail = point ? point + 1 : name;
    return strncmp(tail, "weight", 6) == 0 || strncmp(tail, "bias_", 5) == 0;
}

static tlstm_status fail_unknown(const tl_entry *entry, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_SHAPE, entry->name,
                   looks_like_pytorch(entry->name)
                       ? "the model has no such weight: it looks like PyTorch's, whose order is an "
                         "option"
                       : "the model has no such weight");
}

/* The weight that the name fits best; two that fit it alike are an error. */
static tlstm_status find_weight(const tl_import *import, const tl_entry *entry, tl_weight_at *found,
                                tlstm_error **error) {
    int best = 0, alike = 0;
    tl_weight_at at, other = {0};
    for (size_t i = 0; tl_model_weight(import->model, i, &at); i++) {
        const int rating = rate(import, at.layer, at.weight, entry->name);
        if (rating > best) {
            *found = at;
            best = rating;
            alike = 0;
        } else if (rating && rating == best) {
            other = at;
            alike = 1;
        }
    }
    if (!best)
        return fail_unknown(entry, error);
    if (alike)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry->name,
                       "the name is ambiguous: it fits %s and %s", found->weight->path,
                       other.weight->path);
    return TLSTM_OK;
}

static tlstm_status take(const tl_import *import, const tl_entry *entry, const tl_weight *weight,
                         tlstm_error **error) {
    for (size_t i = 0; i < import->entries->count; i++)
        if (import->shares[i].weight == weight)
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry->name,
                           "%s is given twice: \"%.100s\" is it, too", weight->path,
                           import->entries->items[i].name);
    import->shares[entry->index].weight = weight;
    return tl_import_check_shape(entry, weight->path, weight->ndim, weight->dims, error);
}

static tlstm_status check_missing(const tl_import *import, tlstm_error **error) {
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(import->model, i, &at); i++) {
        int given = 0;
        for (size_t e = 0; e < import->entries->count; e++)
            given = given || import->shares[e].weight == at.weight;
        if (!given)
            return tl_fail(error, TLSTM_ERROR_SHAPE, at.weight->path, "no array is it");
    }
    return TLSTM_OK;
}

/* What is mapped must be there: a slip of the pen would go unnoticed otherwise. */
static tlstm_status check_map(const tl_import *import, tlstm_error **error) {
    const tlstm_weights_options *options = import->options;
    for (size_t i = 0; i < options->module_count; i++) {
        int found = 0;
        for (size_t e = 0; e < import->entries->count && !found; e++) {
            const char *name = import->entries->items[e].name;
            const size_t length = length_of(name);
            found = has_part(name, length, separator_of(name, length), options->modules[i]) ||
                    (strncmp(name, options->modules[i], strlen(options->modules[i])) == 0);
        }
        if (!found)
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, options->modules[i],
                           "no array's name has this part");
    }
    return TLSTM_OK;
}

static tlstm_status assign_named(const tl_import *import, tlstm_error **error) {
    tlstm_status status = check_map(import, error);
    for (size_t i = 0; i < import->entries->count && !status; i++) {
        const tl_entry *entry = &import->entries->items[i];
        tl_weight_at found = {0};
        status = find_weight(import, entry, &found, error);
        if (!status)
            status = take(import, entry, found.weight, error);
    }
    return status ? status : check_missing(import, error);
}

/* ---- By number ---- */

static tlstm_status assign_numbered(const tl_import *import, const size_t *places,
                                    tlstm_error **error) {
    const size_t count = tl_model_weight_count(import->model);
    tlstm_status status = TLSTM_OK;
    tl_weight_at at;
    if (count != import->entries->count)
        return tl_fail(error, TLSTM_ERROR_SHAPE, NULL, "the model has %zu weights, got %zu arrays",
                       count, import->entries->count);
    for (size_t i = 0; i < count && tl_model_weight(import->model, i, &at) && !status; i++)
        status = take(import, &import->entries->items[places[i]], at.weight, error);
    return status;
}

tlstm_status tl_import_keras(const tl_import *import, const size_t *places, tlstm_error **error) {
    return places ? assign_numbered(import, places, error) : assign_named(import, error);
}
