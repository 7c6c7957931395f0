/* HDF5 files: legacy ones of Keras, variables of its third serialisation, and all others; also
 * those that end too early. */
#include "files/inspect.h"

#include "base/alloc.h"
#include "files/keras_config.h"
#include "files/keras_layout.h"
#include "files/keras_slots.h"
#include "files/keras_v3.h"
#include "files/keras_v3_places.h"

#include <string.h>

/* ---- Opening ---- */

int tl_inspect_open(tl_inspection *inspection, const char *what, const void *bytes, size_t length) {
    uint64_t claimed = tl_h5_claimed_length(bytes, length);
    inspection->length = length;
    if (claimed > length)
        tl_report_line(&inspection->report, 0,
                       "damage: %s ends too early: %zu bytes of %llu are there", what, length,
                       (unsigned long long)claimed);
    return !tl_h5_open(inspection->source->name, bytes, length, &inspection->file, NULL);
}

/* ---- What can be told of a file that does not open ---- */

/* How many places are tried. */
enum { MOST_TRIES = 1000 };

/* A model's configuration that begins here; NULL: none. */
static json_t *parse_model(const char *text, size_t length) {
    json_t *config = NULL;
    json_t *value = json_loadb(text, length, JSON_DISABLE_EOF_CHECK, NULL);
    const char *class_name = tl_keras_class(value, &config);
    int model = class_name && (json_is_array(config) || json_object_get(config, "layers"));
    if (model)
        return value;
    json_decref(value);
    return NULL;
}

/* Keras's JSON stands in a file as it is: libhdf5 is not needed to find it, and not to be trusted
 * with damaged files. */
static json_t *find_model(const tl_source *source) {
    static const char *const begins[] = {"{\"class_name\": \"", "{\"module\": \""};
    const char *bytes = source->bytes;
    json_t *found = NULL;
    size_t tries = 0;
    for (size_t place = 0; place < source->length && !found && tries < MOST_TRIES; place++)
        for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && !found; i++) {
            size_t length = strlen(begins[i]), left = source->length - place;
            if (left < length || memcmp(bytes + place, begins[i], length) != 0)
                continue;
            found = parse_model(bytes + place, left);
            tries++;
        }
    return found;
}

static void tell_closed(tl_inspection *inspection) {
    json_t *config = find_model(inspection->source);
    tl_report_line(&inspection->report, 0, "kind: HDF5, so damaged that it cannot be opened");
    if (config) {
        inspection->config = config;
        inspection->generation = tl_keras_generation(NULL, config);
        tl_report_line(&inspection->report, 0,
                       "found: a model's configuration among the bytes; weights cannot be told");
        tl_inspect_tell_model(inspection);
    }
    json_decref(config);
    inspection->config = NULL;
}

/* ---- Text of attributes ---- */

/* NULL where there is none, or none that can be read. */
static char *read_text(tl_inspection *inspection, const char *path, const char *name) {
    char *text = NULL;
    tlstm_error *reason = NULL;
    if (tl_h5_has_attribute(inspection->file, path, name) &&
        tl_h5_read_string(inspection->file, path, name, &text, &reason))
        tl_inspect_tell_damage(inspection, reason);
    return text;
}

/* JSON of an attribute of the root. */
static json_t *read_json(tl_inspection *inspection, const char *name) {
    char *text = read_text(inspection, "/", name);
    json_t *value = NULL;
    tlstm_error *reason = NULL;
    if (text && tl_json_parse(name, text, strlen(text), &value, &reason))
        tl_inspect_tell_damage(inspection, reason);
    tl_free(text);
    return value;
}

/* ---- Legacy files ---- */

/* Names of a list, or where it is missing or damaged the data sets that are there. */
static tlstm_status read_sets(tl_inspection *inspection, const char *group, tl_h5_names *sets,
                              tlstm_error **error) {
    tlstm_error *reason = NULL;
    if (tl_h5_has_names(inspection->file, group, "weight_names")) {
        if (!tl_h5_read_names(inspection->file, group, "weight_names", sets, &reason))
            return TLSTM_OK;
        tl_inspect_tell_damage(inspection, reason);
    }
    return tl_inspect_find_sets(inspection, group, sets, error);
}

static tlstm_status read_layer(tl_inspection *inspection, const char *root, const char *name,
                               tlstm_error **error) {
    tl_stored_layer *layer = NULL;
    char *group = tl_text_join(root, name);
    tlstm_status status = group ? tl_inspect_add_layer(inspection, name, group, &layer, error)
                                : tl_fail_memory(error);
    if (!status)
        layer->missing = !tl_h5_has(inspection->file, group);
    if (!status && !layer->missing)
        status = read_sets(inspection, group, &layer->sets, error);
    tl_free(group);
    return status;
}

enum { MOST_LAYERS = 2000 };

/* The groups below a group, as layers. */
static tlstm_status read_groups(tl_inspection *inspection, const char *root, tlstm_error **error) {
    tl_h5_children children = {0};
    tlstm_status status =
        tl_h5_list(inspection->file, *root ? root : "/", MOST_LAYERS, &children, error);
    for (size_t i = 0; i < children.count && !status; i++)
        if (children.items[i].kind == TL_H5_GROUP)
            status = read_layer(inspection, root, children.items[i].name, error);
    tl_h5_children_clear(&children);
    return status;
}

static tlstm_status read_legacy_layers(tl_inspection *inspection, const char *root,
                                       tlstm_error **error) {
    tl_h5_names names = {0};
    tlstm_error *reason = NULL;
    const char *path = *root ? root : "/";
    if (!tl_h5_has_names(inspection->file, path, "layer_names")) {
        tl_report_line(&inspection->report, 0, "damage: %s: no layer_names", path);
        return read_groups(inspection, root, error);
    }
    if (tl_h5_read_names(inspection->file, path, "layer_names", &names, &reason)) {
        tl_inspect_tell_damage(inspection, reason);
        return read_groups(inspection, root, error);
    }
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < names.count && i < MOST_LAYERS && !status; i++)
        status = read_layer(inspection, root, names.items[i], error);
    tl_h5_names_clear(&names);
    return status;
}

static tlstm_status read_legacy(tl_inspection *inspection, tlstm_error **error) {
    tl_h5 *file = inspection->file;
    int whole = tl_h5_has(file, "/model_weights");
    tlstm_status status = TLSTM_OK;
    if (whole || tl_h5_has_names(file, "/", "layer_names"))
        status = read_legacy_layers(inspection, whole ? "/model_weights" : "", error);
    if (!status && tl_h5_has(file, TL_KERAS_SLOTS)) {
        inspection->state = TL_KERAS_SLOTS;
        status = read_sets(inspection, TL_KERAS_SLOTS, &inspection->state_sets, error);
    }
    return status;
}

/* ---- Variables of the third serialisation ---- */

static const char *v3_root(tl_h5 *file) {
    static const char *const roots[] = {TL_KERAS_V3_OLD_LAYERS, TL_KERAS_V3_LAYERS};
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        if (tl_h5_has(file, roots[i]))
            return roots[i];
    return NULL;
}

tlstm_status tl_inspect_read_v3(tl_inspection *inspection, tlstm_error **error) {
    static const char state[] = "/optimizer/vars";
    const char *root = v3_root(inspection->file);
    inspection->by_class = 1;
    tlstm_status status = root ? read_groups(inspection, root, error) : TLSTM_OK;
    if (!status && tl_h5_has(inspection->file, state)) {
        inspection->state = state;
        status = tl_inspect_find_sets(inspection, state, &inspection->state_sets, error);
    }
    return status;
}

/* ---- The report ---- */

void tl_inspect_tell_all(tl_inspection *inspection) {
    tl_inspect_tell_model(inspection);
    tl_inspect_tell_training(inspection);
    if (inspection->file)
        tl_inspect_tell_rest(inspection);
}

static void tell_kind(tl_inspection *inspection, int v3) {
    tl_h5 *file = inspection->file;
    tl_report *report = &inspection->report;
    if (v3)
        tl_report_line(report, 0, "kind: weights only, Keras weights (.weights.h5)");
    else if (tl_h5_has_attribute(file, "/", "model_config"))
        tl_report_line(report, 0, "kind: whole model, legacy Keras HDF5 (.h5)");
    else if (tl_h5_has_names(file, "/", "layer_names"))
        tl_report_line(report, 0, "kind: weights only, legacy Keras HDF5 (.h5)");
    else if (tl_h5_has(file, "/model_weights"))
        tl_report_line(report, 0, "kind: legacy Keras HDF5 (.h5) without a configuration");
    else
        tl_report_line(report, 0, "kind: HDF5, of no kind that Keras writes");
}

static tlstm_status inspect_open(tl_inspection *inspection, tlstm_error **error) {
    tl_h5 *file = inspection->file;
    int legacy = tl_keras_is_legacy(file), v3 = !legacy && tl_v3_has_variables(file);
    tell_kind(inspection, v3);
    char *version = read_text(inspection, "/", "keras_version");
    char *backend = read_text(inspection, "/", "backend");
    const char *group = "/model_weights";
    if (!version && tl_h5_has(file, group))
        version = read_text(inspection, group, "keras_version");
    if (!backend && tl_h5_has(file, group))
        backend = read_text(inspection, group, "backend");
    json_t *config = read_json(inspection, "model_config");
    json_t *training = read_json(inspection, "training_config");
    inspection->version = version;
    inspection->backend = backend;
    inspection->config = config;
    inspection->training = training;
    inspection->generation = tl_keras_generation(version, config);
    inspection->by_class = v3;
    if (legacy || v3)
        tl_inspect_tell_origin(inspection);
    tlstm_status status = v3       ? tl_inspect_read_v3(inspection, error)
                          : legacy ? read_legacy(inspection, error)
                                   : TLSTM_OK;
    if (!status)
        tl_inspect_tell_all(inspection);
    json_decref(training);
    json_decref(config);
    tl_free(backend);
    tl_free(version);
    return status;
}

tlstm_status tl_inspect_h5(const tl_source *source, tl_inspection *inspection,
                           tlstm_error **error) {
    if (!tl_inspect_open(inspection, "the file", source->bytes, source->length)) {
        tell_closed(inspection);
        return TLSTM_OK;
    }
    tlstm_status status = inspect_open(inspection, error);
    tl_h5_close(inspection->file);
    inspection->file = NULL;
    return status;
}
