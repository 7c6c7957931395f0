/*
 * A model's configuration, layer by layer, with the weights that the file has for each. The library
 * need not know the layers: it shows what they say, and what it would say to them.
 */
#include "files/inspect.h"

#include "base/alloc.h"
#include "files/keras_config.h"
#include "files/keras_v3.h"

#include <string.h>

/* Models within models that are shown, and layers of one. */
enum { MOST_DEPTH = 4, MOST_LAYERS = 1000 };

/* ---- Who wrote it ---- */

void tl_inspect_tell_origin(tl_inspection *inspection) {
    static const char *const generations[] = {"", "stand-alone Keras before 2.3", "Keras 2",
                                              "Keras 3"};
    tl_report *report = &inspection->report;
    if (inspection->version && inspection->backend)
        tl_report_line(report, 0, "written by: Keras %s, backend %s", inspection->version,
                       inspection->backend);
    else if (inspection->version)
        tl_report_line(report, 0, "written by: Keras %s", inspection->version);
    else if (inspection->by_class && inspection->file)
        tl_report_line(report, 0, "written by: Keras %s, the file does not say which",
                       tl_h5_has(inspection->file, TL_KERAS_V3_OLD_LAYERS) ? "2.12 to 2.14"
                                                                           : "2.12 or later");
    else
        tl_report_line(report, 0, "written by: the file does not say");
    if (inspection->config && inspection->generation >= 1 && inspection->generation <= 3)
        tl_report_line(report, 0, "read as: %s", generations[inspection->generation]);
}

/* ---- Layers ---- */

/* A layer's entry in the configuration. */
typedef struct entry {
    const char *name, *class_name;
    json_t *config;
} entry;

static entry entry_of(const json_t *value) {
    entry found = {NULL, NULL, NULL};
    found.class_name = tl_keras_class(value, &found.config);
    found.name = tl_json_string(found.config, "name");
    if (!found.name)
        found.name = tl_json_string(value, "name");
    return found;
}

static const json_t *layers_of(const json_t *config) {
    return json_is_array(config) ? config : json_object_get(config, "layers");
}

static int is_model(const entry *layer) {
    return json_is_array(layers_of(layer->config)) && layer->class_name &&
           (strcmp(layer->class_name, "Sequential") == 0 ||
            strcmp(layer->class_name, "Functional") == 0 ||
            strcmp(layer->class_name, "Model") == 0);
}

/* What the library would say to a layer of a model that does not load. */
static void tell_refusal(tl_inspection *inspection, size_t indent, const entry *layer) {
    tlstm_model *scratch = NULL;
    tl_layer *made = NULL;
    tlstm_error *reason = NULL;
    if (inspection->model || !layer->class_name || !layer->config)
        return;
    if (tl_model_new("", 0, &scratch, NULL)) {
        inspection->report.text.failed = 1;
        return;
    }
    tl_keras_reader reader = {inspection->generation, scratch, NULL};
    if (tl_keras_read_layer(&reader, layer->class_name, layer->config, &made, &reason))
        tl_report_line(&inspection->report, indent, "refused: %s: %s", tl_error_where(reason),
                       tl_error_message(reason));
    for (size_t i = 0; i < scratch->note_count && !reason; i++)
        tl_report_line(&inspection->report, indent, "%s: %s", tl_inspect_kind(&scratch->notes[i]),
                       scratch->notes[i].text);
    tl_layer_free(made);
    tl_model_free(scratch);
    tl_error_free(reason);
}

static void tell_settings(tl_inspection *inspection, size_t indent, const json_t *config) {
    tl_text settings = {0};
    tl_inspect_settings(&settings, config);
    if (settings.failed)
        inspection->report.text.failed = 1;
    else if (settings.length)
        tl_report_line(&inspection->report, indent, "%s", settings.bytes);
    tl_text_clear(&settings);
}

static void tell_layers(tl_inspection *inspection, size_t indent, const json_t *layers,
                        size_t depth);

static void tell_content(tl_inspection *inspection, size_t indent, const entry *layer,
                         size_t depth) {
    json_t *inner = json_object_get(layer->config, "layer");
    if (is_model(layer) && depth < MOST_DEPTH) {
        tell_layers(inspection, indent, layers_of(layer->config), depth + 1);
        return;
    }
    tell_settings(inspection, indent, layer->config);
    /* Bidirectional, TimeDistributed */
    entry wrapped = entry_of(inner);
    if (wrapped.class_name && depth < MOST_DEPTH) {
        tl_report_line(&inspection->report, indent, "layer: %s (%s)",
                       wrapped.name ? wrapped.name : "?", wrapped.class_name);
        tell_content(inspection, indent + 4, &wrapped, depth + 1);
    }
}

/* ---- Layers with their weights ---- */

/* "LSTM" -> "lstm", "GlobalMaxPooling1D" -> "global_max_pooling1d": Keras's to_snake_case(). */
static void snake_case(const char *class_name, tl_text *text) {
    for (size_t i = 0; class_name[i]; i++) {
        char here = class_name[i], before = i ? class_name[i - 1] : '_', next = class_name[i + 1];
        int upper = here >= 'A' && here <= 'Z', lower = next >= 'a' && next <= 'z';
        int after_lower = (before >= 'a' && before <= 'z') || (before >= '0' && before <= '9');
        int after_upper = before >= 'A' && before <= 'Z';
        if (upper && (after_lower || (after_upper && lower)))
            tl_text_append(text, "_");
        char letter[2] = {upper ? (char)(here - 'A' + 'a') : here, '\0'};
        tl_text_append(text, letter);
    }
}

/* Whether a stored layer is of a class: "lstm", "lstm_1". */
static int is_of_class(const tl_stored_layer *stored, const char *snake) {
    size_t length = strlen(snake);
    const char *rest = stored->name + length;
    return strncmp(stored->name, snake, length) == 0 &&
           (*rest == '\0' ||
            (*rest == '_' && rest[1] && !rest[1 + strspn(rest + 1, "0123456789")]));
}

/* What the file has for a layer: by its name, or the next of its class. */
static tl_stored_layer *find_stored(tl_inspection *inspection, const entry *layer) {
    tl_text snake = {0};
    tl_stored_layer *found = NULL;
    if (inspection->by_class && layer->class_name)
        snake_case(layer->class_name, &snake);
    for (size_t i = 0; i < inspection->layer_count && !found; i++) {
        tl_stored_layer *stored = &inspection->layers[i];
        int fits = inspection->by_class ? snake.bytes && is_of_class(stored, snake.bytes)
                                        : layer->name && strcmp(stored->name, layer->name) == 0;
        if (fits && !stored->told)
            found = stored;
    }
    tl_text_clear(&snake);
    return found;
}

static void tell_stored(tl_inspection *inspection, tl_stored_layer *stored) {
    stored->told = 1;
    if (stored->missing)
        tl_report_line(&inspection->report, 4, "damage: %s cannot be opened", stored->group);
    tl_inspect_tell_sets(inspection, stored->group, &stored->sets, 1);
}

static void tell_heading(tl_inspection *inspection, size_t indent, const entry *layer,
                         const tl_stored_layer *stored) {
    const char *name = layer->name ? layer->name : "?";
    const char *class_name = layer->class_name ? layer->class_name : "no class";
    if (stored && stored->sets.count)
        tl_report_line(&inspection->report, indent, "layer: %s (%s) in %s", name, class_name,
                       stored->group);
    else
        tl_report_line(&inspection->report, indent, "layer: %s (%s)", name, class_name);
}

static void tell_layer(tl_inspection *inspection, size_t indent, const json_t *value,
                       size_t depth) {
    entry layer = entry_of(value);
    /* The weights of a model within a model are stored as one layer's. */
    tl_stored_layer *stored = depth ? NULL : find_stored(inspection, &layer);
    tell_heading(inspection, indent, &layer, stored);
    if (depth == 0)
        tell_refusal(inspection, indent + 4, &layer);
    tell_content(inspection, indent + 4, &layer, depth);
    if (stored)
        tell_stored(inspection, stored);
}

static void tell_layers(tl_inspection *inspection, size_t indent, const json_t *layers,
                        size_t depth) {
    size_t count = json_array_size(layers), shown = count < MOST_LAYERS ? count : MOST_LAYERS;
    for (size_t i = 0; i < shown; i++)
        tell_layer(inspection, indent, json_array_get(layers, i), depth);
    if (shown < count)
        tl_report_line(&inspection->report, indent, "... and %zu layers more", count - shown);
}

/* ---- The model ---- */

static void tell_model_line(tl_inspection *inspection) {
    entry model = entry_of(inspection->config);
    const json_t *layers = layers_of(model.config);
    tl_report_blank(&inspection->report);
    if (!model.class_name)
        tl_report_line(&inspection->report, 0, "model: the configuration names no class");
    else if (!json_is_array(layers))
        tl_report_line(&inspection->report, 0, "model: %s, no list of layers", model.class_name);
    else
        tl_report_line(&inspection->report, 0, "model: %s%s%s%s, %zu layer%s", model.class_name,
                       model.name ? " \"" : "", model.name ? model.name : "",
                       model.name ? "\"" : "", json_array_size(layers),
                       json_array_size(layers) == 1 ? "" : "s");
    if (model.class_name && json_is_array(layers))
        tell_layers(inspection, 0, layers, 0);
}

/* Layers of which the configuration does not speak, or all where there is none. */
static void tell_more_layers(tl_inspection *inspection) {
    const char *besides = inspection->config ? ", not in the configuration" : "";
    if (!inspection->config && inspection->layer_count)
        tl_report_blank(&inspection->report);
    for (size_t i = 0; i < inspection->layer_count; i++) {
        tl_stored_layer *stored = &inspection->layers[i];
        if (stored->told || (inspection->config && !stored->sets.count))
            continue;
        tl_report_line(&inspection->report, 0, "layer: %s in %s%s", stored->name, stored->group,
                       besides);
        tell_stored(inspection, stored);
    }
}

void tl_inspect_tell_model(tl_inspection *inspection) {
    if (inspection->config)
        tell_model_line(inspection);
    tell_more_layers(inspection);
    if (inspection->weights) {
        tl_report_blank(&inspection->report);
        tl_report_line(&inspection->report, 0, "parameters: %s%.0f in %zu weight%s",
                       inspection->hidden_weights ? "at least " : "", inspection->parameters,
                       inspection->weights, inspection->weights == 1 ? "" : "s");
    }
}
