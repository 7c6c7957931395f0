/*
 * Reading and writing Keras's model configurations, generically over the layers' tables of fields.
 *
 * A key that no table knows is ignored with a note, unless it would change the numbers: then the
 * model is refused by name rather than computed wrongly.
 */
#include "files/keras_config.h"

#include "base/alloc.h"
#include "layers/input.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LAYERS 1000

/* ---- Generations ---- */

/* Marks of Keras 3: dtype policies as objects, batch_shape. */
static int looks_like_keras3(const json_t *value) {
    size_t index;
    const char *key;
    json_t *part;
    if (json_object_get(value, "batch_shape"))
        return 1;
    const char *class_name = tl_json_string(json_object_get(value, "dtype"), "class_name");
    if (class_name && strcmp(class_name, "DTypePolicy") == 0)
        return 1;
    json_array_foreach(value, index, part) if (looks_like_keras3(part)) return 1;
    json_object_foreach((json_t *)value, key, part) if (looks_like_keras3(part)) return 1;
    return 0;
}

int tl_keras_generation(const char *version, const json_t *config) {
    if (!version)
        return looks_like_keras3(config) ? 3 : 2;
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    if (major >= 3)
        return 3;
    /* Stand-alone Keras before 2.3; "2.2.4-tf" is TensorFlow's own, which spells its settings out.
     */
    return major < 2 || (minor < 3 && !strstr(version, "-tf")) ? 1 : 2;
}

/* ---- Keys that no layer's table has ---- */

/* Settings of which this library has one value alone, and those that change nothing. */
typedef enum key_rule { IGNORED, NOTED, OFF, CHANNELS_LAST } key_rule;
static const struct {
    const char *key;
    key_rule rule;
} known_keys[] = {
    /* read elsewhere */
    {"name", IGNORED},
    {"trainable", IGNORED},
    {"dtype", IGNORED},
    {"batch_input_shape", IGNORED},
    {"batch_shape", IGNORED},
    {"input_shape", IGNORED},
    {"input_dim", IGNORED},
    {"input_length", IGNORED},
    /* ways of computing the same */
    {"implementation", IGNORED},
    {"unroll", IGNORED},
    {"use_cudnn", IGNORED},
    {"sparse", OFF},
    {"ragged", OFF},
    {"optional", IGNORED},
    {"seed", IGNORED},
    {"lora_alpha", IGNORED},
    {"autocast", IGNORED},
    {"batch_size", IGNORED},
    /* other masks of dropout than Keras's */
    {"noise_shape", NOTED},
    {"data_format", CHANNELS_LAST},
    /* other numbers or other outputs */
    {"return_state", OFF},
    {"time_major", OFF},
    {"zero_output_for_mask", OFF},
    {"activity_regularizer", OFF},
    {"quantization_config", OFF},
    {"lora_rank", OFF},
};
enum { KNOWN_KEYS = sizeof(known_keys) / sizeof(known_keys[0]) };

static int is_off(const json_t *value) {
    return json_is_null(value) || json_is_false(value) ||
           (json_is_number(value) && json_number_value(value) == 0);
}

static void note_key(const tl_keras_reader *reader, const char *key) {
    if (reader->model)
        tl_model_note(reader->model, "layer %s: the setting %s is ignored", reader->where, key);
}

static int rule_allows(key_rule rule, const json_t *value) {
    if (rule == OFF)
        return is_off(value);
    if (rule == CHANNELS_LAST)
        return !json_is_string(value) || strcmp(json_string_value(value), "channels_last") == 0;
    return 1;
}

static tlstm_status refuse_key(const tl_keras_reader *reader, const char *key, const json_t *value,
                               tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_json_print(value, &text, error);
    if (status)
        return status;
    status = tl_fail(error, TLSTM_ERROR_UNSUPPORTED, key,
                     "this setting of the layer is not supported: %.120s", text);
    tl_free(text);
    return tl_fail_within(error, status, reader->where);
}

static tlstm_status check_key(const tl_keras_reader *reader, const char *key, const json_t *value,
                              tlstm_error **error) {
    size_t i = 0;
    while (i < KNOWN_KEYS && strcmp(known_keys[i].key, key) != 0)
        i++;
    key_rule rule = i < KNOWN_KEYS ? known_keys[i].rule : NOTED;
    if (!rule_allows(rule, value))
        return refuse_key(reader, key, value, error);
    if (rule == NOTED && !(i < KNOWN_KEYS && is_off(value)))
        note_key(reader, key);
    return TLSTM_OK;
}

/* ---- Types and shapes ---- */

/* "float32", or {"class_name": "DTypePolicy", "config": {"name": "float32"}}. Inputs may be of any
 * type: tokens are integers. */
static tlstm_status check_dtype(const tl_keras_reader *reader, const tl_layer_ops *ops,
                                const json_t *dtype, tlstm_error **error) {
    json_t *config = NULL;
    const char *name = json_string_value(dtype);
    if (json_is_object(dtype) && tl_keras_class(dtype, &config))
        name = tl_json_string(config, "name");
    if (!dtype || json_is_null(dtype) || ops == &tl_input_layer)
        return TLSTM_OK;
    if (name && (strcmp(name, "float32") == 0 || (ops->tokens && strncmp(name, "int", 3) == 0)))
        return TLSTM_OK;
    tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "dtype", "only float32 is supported, not %.60s",
            name ? name : "this policy");
    return tl_fail_within(error, TLSTM_ERROR_UNSUPPORTED, reader->where);
}

/* Dimensions from place `first` on; null is None. */
static int read_dims(const json_t *list, size_t first, tl_shape *shape) {
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count < first || count - first > TLSTM_MAX_DIMS)
        return 0;
    tl_shape read = {.ndim = count - first};
    for (size_t i = first; i < count; i++) {
        const json_t *size = json_array_get(list, i);
        json_int_t value = json_is_integer(size) ? json_integer_value(size) : -1;
        if (!json_is_null(size) && (value < 1 || value > INT32_MAX))
            return 0;
        read.dims[i - first] = value;
    }
    *shape = read;
    return 1;
}

/* The shape of a sample, and the batch size where it is fixed, under whatever key; ndim 0: none. */
static tlstm_status read_input_shape(const tl_keras_reader *reader, const tl_layer_ops *ops,
                                     const json_t *config, tl_shape *shape, size_t *batch,
                                     tlstm_error **error) {
    const json_t *whole = json_object_get(config, "batch_input_shape");
    const json_t *sample = json_object_get(config, "input_shape");
    const json_t *length = json_object_get(config, "input_length");
    const json_t *width = json_object_get(config, "input_dim");
    if (!whole)
        whole = json_object_get(config, "batch_shape");
    int good = 1;
    *shape = (tl_shape){0};
    *batch = 0;
    if (whole && !json_is_null(whole)) {
        good = json_array_size(whole) > 0 && read_dims(whole, 1, shape);
        json_int_t fixed = json_integer_value(json_array_get(whole, 0));
        *batch = fixed > 0 ? (size_t)fixed : 0;
    } else if (sample && !json_is_null(sample)) {
        good = read_dims(sample, 0, shape);
    } else if (json_is_integer(width) && !tl_field_find(ops->fields, "input_dim")) {
        /* Keras 1 and early Keras 2: input_dim alone, or with input_length. */
        int64_t steps = json_is_integer(length) ? json_integer_value(length) : -1;
        *shape = length ? (tl_shape){2, {steps, json_integer_value(width)}}
                        : (tl_shape){1, {json_integer_value(width)}};
    } else if (json_is_integer(length) && ops->tokens) {
        *shape = (tl_shape){1, {json_integer_value(length)}};
    }
    if (good)
        return TLSTM_OK;
    tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "input shape",
            "expected up to %d positive sizes or null after the batch size", TLSTM_MAX_DIMS);
    return tl_fail_within(error, TLSTM_ERROR_UNSUPPORTED, reader->where);
}

/* ---- Layers ---- */

static tlstm_status read_fields(const tl_keras_reader *reader, const json_t *config,
                                tl_layer *layer, tlstm_error **error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)config, key, value) {
        const tl_field *field = tl_field_find(layer->ops->fields, key);
        tlstm_status status = field
                                  ? tl_keras_read_field(reader, field, value, layer->config, error)
                                  : check_key(reader, key, value, error);
        if (status)
            return status;
    }
    for (const tl_field *field = layer->ops->fields; field->key; field++)
        if (field->required && !json_object_get(config, field->key)) {
            tl_fail(error, TLSTM_ERROR_FORMAT, field->key, "the configuration does not say it");
            return tl_fail_within(error, TLSTM_ERROR_FORMAT, reader->where);
        }
    return TLSTM_OK;
}

static tlstm_status read_config(const tl_keras_reader *reader, const json_t *config,
                                tl_layer *layer, tlstm_error **error) {
    const json_t *trainable = json_object_get(config, "trainable");
    if (trainable && !json_is_boolean(trainable)) {
        tl_fail(error, TLSTM_ERROR_FORMAT, "trainable", "expected true or false");
        return tl_fail_within(error, TLSTM_ERROR_FORMAT, reader->where);
    }
    layer->trainable = !json_is_false(trainable);
    tlstm_status status = check_dtype(reader, layer->ops, json_object_get(config, "dtype"), error);
    return status ? status : read_fields(reader, config, layer, error);
}

static tlstm_status refuse_class(const char *class_name, const char *name, tlstm_error **error) {
    int nested = strcmp(class_name, "Sequential") == 0 || strcmp(class_name, "Functional") == 0 ||
                 strcmp(class_name, "Model") == 0;
    return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, name,
                   nested ? "a model (%s) inside a model is not supported"
                          : "layers of class %s are not supported",
                   class_name);
}

tlstm_status tl_keras_read_layer(const tl_keras_reader *reader, const char *class_name,
                                 const json_t *config, tl_layer **layer, tlstm_error **error) {
    const char *name = tl_json_string(config, "name");
    const tl_layer_ops *ops = tl_layer_find(class_name);
    if (!ops)
        return refuse_class(class_name, name ? name : class_name, error);
    tl_keras_reader inner = *reader;
    inner.where = name ? name : class_name;
    tl_layer *made = NULL;
    tlstm_status status = tl_layer_new(ops, name, reader->generation, &made, error);
    if (!status)
        status = read_config(&inner, config, made, error);
    tl_shape shape;
    size_t batch = 0;
    if (!status)
        status = read_input_shape(&inner, ops, config, &shape, &batch, error);
    if (status) {
        tl_layer_free(made);
        return status;
    }
    if (ops == &tl_input_layer)
        ((tl_input_config *)made->config)->shape = shape;
    /* What the first layer says of its input is the model's. */
    if (reader->model && reader->model->layer_count == 0) {
        reader->model->input = shape;
        reader->model->batch = batch;
    }
    *layer = made;
    return TLSTM_OK;
}

/* Adds the layer that {"class_name": ..., "config": ...} describes. */
static tlstm_status add_layer(const tl_keras_reader *reader, const json_t *entry,
                              tlstm_error **error) {
    json_t *config = NULL;
    const char *class_name = tl_keras_class(entry, &config);
    if (!class_name || !json_is_object(config))
        return tl_fail(error, TLSTM_ERROR_FORMAT, "layers",
                       "layer %zu has no class name or no configuration",
                       reader->model->layer_count);
    tl_layer *layer = NULL;
    tlstm_status status = tl_keras_read_layer(reader, class_name, config, &layer, error);
    return status ? status : tl_model_add(reader->model, layer, error);
}

/* ---- Sequential ---- */

static tlstm_status check_layers(const json_t *layers, tlstm_error **error) {
    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return tl_fail(error, TLSTM_ERROR_FORMAT, "layers", "the configuration lists no layers");
    if (json_array_size(layers) > MOST_LAYERS)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "layers", "more than %d layers",
                       MOST_LAYERS);
    return TLSTM_OK;
}

static tlstm_status read_sequential(const tl_keras_reader *reader, const json_t *config,
                                    tlstm_error **error) {
    /* Before Keras 2.2.3 a bare list. */
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    tlstm_status status = check_layers(layers, error);
    for (size_t i = 0; !status && i < json_array_size(layers); i++)
        status = add_layer(reader, json_array_get(layers, i), error);
    tl_shape shape;
    if (!status && reader->model->input.ndim == 0 &&
        read_dims(json_object_get(config, "build_input_shape"), 1, &shape))
        reader->model->input = shape;
    return status;
}

/* ---- Functional models that are one chain ---- */

/* What a layer is called with: the name of the one layer before it. */
typedef struct source {
    const char *name;
    int many; /* more than one tensor, or one that is not the first output of a first call */
} source;

static void add_source(source *from, const json_t *history) {
    const char *name = json_string_value(json_array_get(history, 0));
    if (from->name || !name || json_integer_value(json_array_get(history, 1)) != 0 ||
        json_integer_value(json_array_get(history, 2)) != 0)
        from->many = 1;
    else
        from->name = name;
}

/* Keras 3: the tensors stand among the arguments, each with its history. */
static void find_tensors(const json_t *value, source *from) {
    size_t index;
    const char *key;
    json_t *part;
    const json_t *history = json_object_get(json_object_get(value, "config"), "keras_history");
    if (history) {
        add_source(from, history);
        return;
    }
    json_array_foreach(value, index, part) find_tensors(part, from);
    json_object_foreach((json_t *)value, key, part) find_tensors(part, from);
}

/* Arguments of a call beyond its input: only such as say nothing. */
static int says_nothing(const json_t *arguments) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)arguments, key, value) if (!is_off(value)) return 0;
    return 1;
}

/* Keras 2: a node is a list of [layer, call, output, {arguments}]. */
static void find_inputs(const json_t *node, source *from) {
    if (json_is_string(json_array_get(node, 0))) {
        add_source(from, node);
        from->many |= !says_nothing(json_array_get(node, 3));
        return;
    }
    size_t index;
    json_t *input;
    json_array_foreach(node, index, input) find_inputs(input, from);
}

static source source_of(const json_t *layer) {
    source from = {NULL, 0};
    const json_t *nodes = json_object_get(layer, "inbound_nodes");
    const json_t *node = json_array_get(nodes, 0);
    /* A node for each call: a layer that is called twice is shared. */
    from.many = json_array_size(nodes) > 1;
    if (json_is_object(node)) {
        find_tensors(json_object_get(node, "args"), &from);
        find_tensors(json_object_get(node, "kwargs"), &from);
        from.many |= !says_nothing(json_object_get(node, "kwargs"));
    } else {
        find_inputs(node, &from);
    }
    return from;
}

static tlstm_status refuse_graph(const char *layer, const char *why, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer ? layer : "layers",
                   "the model is no chain of layers: %s", why);
}

/* [["input_1", 0, 0]], or, of one tensor, ["input_1", 0, 0]: its layer; NULL where there are more.
 */
static const char *only_end(const json_t *ends) {
    source from = {NULL, 0};
    find_inputs(ends, &from);
    return from.many ? NULL : from.name;
}

static const char *layer_name(const json_t *layer) {
    const char *name = tl_json_string(layer, "name");
    return name ? name : tl_json_string(json_object_get(layer, "config"), "name");
}

/* The layer that is called with the output of `name`; *count of such layers. */
static const json_t *successor(const json_t *layers, const char *name, size_t *count) {
    const json_t *next = NULL;
    size_t index;
    json_t *layer;
    *count = 0;
    json_array_foreach(layers, index, layer) {
        source from = source_of(layer);
        if (from.name && strcmp(from.name, name) == 0) {
            next = layer;
            ++*count;
        }
    }
    return next;
}

/* Every layer has one input, and only the first, an InputLayer, none. */
static tlstm_status check_nodes(const json_t *layers, const char *first, const json_t **start,
                                tlstm_error **error) {
    size_t index;
    json_t *layer;
    json_array_foreach(layers, index, layer) {
        const char *name = layer_name(layer);
        source from = source_of(layer);
        if (!name)
            return tl_fail(error, TLSTM_ERROR_FORMAT, "layers", "layer %zu has no name", index);
        if (from.many)
            return refuse_graph(name, "it has several inputs, arguments or calls", error);
        if (strcmp(name, first) == 0)
            *start = layer;
        else if (!from.name)
            return refuse_graph(name, "it has no input, or is a second one", error);
    }
    return *start ? TLSTM_OK : refuse_graph(first, "the input is missing", error);
}

static tlstm_status read_functional(const tl_keras_reader *reader, const json_t *config,
                                    tlstm_error **error) {
    const json_t *layers = json_object_get(config, "layers");
    const json_t *layer = NULL;
    tlstm_status status = check_layers(layers, error);
    if (status)
        return status;
    const char *first = only_end(json_object_get(config, "input_layers"));
    const char *last = only_end(json_object_get(config, "output_layers"));
    if (!first || !last)
        return refuse_graph(NULL, "it needs one input and one output", error);
    status = check_nodes(layers, first, &layer, error);
    size_t added = 0, next_count = 1;
    const char *name = first;
    for (; !status && layer && added < json_array_size(layers); added++) {
        status = add_layer(reader, layer, error);
        name = layer_name(layer);
        layer = successor(layers, name, &next_count);
        if (!status && next_count > 1)
            status = refuse_graph(name, "its output goes to several layers", error);
    }
    if (!status && (added != json_array_size(layers) || strcmp(name, last) != 0))
        status = refuse_graph(last, "it is not the last of all layers", error);
    if (!status)
        reader->model->functional = 1;
    return status;
}

/* ---- Models ---- */

tlstm_status tl_keras_read_model(const json_t *config, int generation, uint64_t seed,
                                 tlstm_model **model, tlstm_error **error) {
    json_t *inner = NULL;
    const char *class_name = tl_keras_class(config, &inner);
    if (!class_name || !inner)
        return tl_fail(error, TLSTM_ERROR_FORMAT, "model_config",
                       "it describes no model: expected a class name and a configuration");
    int sequential = strcmp(class_name, "Sequential") == 0;
    if (!sequential && strcmp(class_name, "Functional") != 0 && strcmp(class_name, "Model") != 0)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "model_config",
                       "models of class %s are not supported", class_name);
    tlstm_model *made = NULL;
    tlstm_status status = tl_model_new(tl_json_string(inner, "name"), seed, &made, error);
    if (status)
        return status;
    tl_keras_reader reader = {generation, made, NULL};
    status = sequential ? read_sequential(&reader, inner, error)
                        : read_functional(&reader, inner, error);
    if (status) {
        tl_model_free(made);
        return status;
    }
    *model = made;
    return TLSTM_OK;
}

tlstm_status tl_keras_parse_model(const char *name, const char *text, size_t length,
                                  const char *version, uint64_t seed, tlstm_model **model,
                                  int *generation, tlstm_error **error) {
    json_t *config = NULL;
    tlstm_status status = tl_json_parse(name, text, length, &config, error);
    if (status)
        return status;
    /* Keras 2's to_json() has the version inside. */
    if (!version)
        version = tl_json_string(config, "keras_version");
    int read_as = tl_keras_generation(version, config);
    status = tl_keras_read_model(config, read_as, seed, model, error);
    if (!status && generation)
        *generation = read_as;
    json_decref(config);
    return status;
}

/* ---- Writing ---- */

/* [batch or null, dims...] */
static json_t *write_shape(const tl_shape *shape, size_t batch) {
    json_t *list = json_array();
    int failed =
        !list || json_array_append_new(list, batch ? json_integer((json_int_t)batch) : json_null());
    for (size_t i = 0; !failed && i < shape->ndim; i++)
        failed = json_array_append_new(
            list, shape->dims[i] < 0 ? json_null() : json_integer((json_int_t)shape->dims[i]));
    if (!failed)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *write_input(const char *name, const tl_shape *shape, size_t batch) {
    return json_pack("{s:s, s:{s:o, s:s, s:b, s:b, s:s}}", "class_name", "InputLayer", "config",
                     "batch_input_shape", write_shape(shape, batch), "dtype", "float32", "sparse",
                     0, "ragged", 0, "name", name);
}

static json_t *write_layer(const tlstm_model *model, const tl_layer *layer) {
    if (layer->ops == &tl_input_layer)
        return write_input(layer->name, &((const tl_input_config *)layer->config)->shape,
                           model->batch);
    json_t *config = json_pack("{s:s, s:b, s:s}", "name", layer->name, "trainable",
                               (int)layer->trainable, "dtype", "float32");
    if (!config || !tl_keras_write_fields(layer->ops->fields, layer->config, config)) {
        json_decref(config);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "class_name", layer->ops->class_name, "config", config);
}

/* A functional model's layer: also its name and the layer before it. */
static int add_node(json_t *written, const tl_layer *layer, const tl_layer *before) {
    json_t *nodes = before ? json_pack("[[[s, i, i, {}]]]", before->name, 0, 0) : json_array();
    return json_object_set_new(written, "name", json_string(layer->name)) == 0 &&
           json_object_set_new(written, "inbound_nodes", nodes) == 0;
}

/* Keras wants the input's shape: where no layer says it, an InputLayer is put before the first. */
static int add_missing_input(const tlstm_model *model, json_t *layers) {
    if (!model->layer_count || model->layers[0]->ops == &tl_input_layer || !model->input.ndim)
        return 1;
    char name[256];
    json_t *input = NULL;
    const char *first = model->layers[0]->name;
    if (strlen(first) + sizeof("_input") <= sizeof(name)) {
        strcpy(name, first);
        strcat(name, "_input");
        input = write_input(name, &model->input, model->batch);
    } else {
        input = write_input("input_layer", &model->input, model->batch);
    }
    return json_array_append_new(layers, input) == 0;
}

static json_t *write_layers(const tlstm_model *model) {
    json_t *layers = json_array();
    int written = layers && (model->functional || add_missing_input(model, layers));
    for (size_t i = 0; written && i < model->layer_count; i++) {
        json_t *layer = write_layer(model, model->layers[i]);
        if (layer && model->functional)
            written = add_node(layer, model->layers[i], i ? model->layers[i - 1] : NULL);
        written = written && layer && json_array_append(layers, layer) == 0;
        json_decref(layer);
    }
    if (written)
        return layers;
    json_decref(layers);
    return NULL;
}

tlstm_status tl_keras_write_model(const tlstm_model *model, json_t **config, tlstm_error **error) {
    json_t *layers = write_layers(model), *inner = NULL;
    if (layers && model->functional)
        inner = json_pack("{s:s, s:o, s:[[s, i, i]], s:[[s, i, i]]}", "name", model->name, "layers",
                          layers, "input_layers", model->layers[0]->name, 0, 0, "output_layers",
                          model->layers[model->layer_count - 1]->name, 0, 0);
    else if (layers)
        inner = json_pack("{s:s, s:o}", "name", model->name, "layers", layers);
    json_t *made = inner
                       ? json_pack("{s:s, s:o}", "class_name",
                                   model->functional ? "Functional" : "Sequential", "config", inner)
                       : NULL;
    if (!made)
        return tl_fail_memory(error);
    *config = made;
    return TLSTM_OK;
}

/* The generation that alone gives an activation its meaning; 0: any. */
static int generation_of(const tl_field *field, const tl_layer *layer) {
    if (field->kind != TL_FIELD_ACTIVATION)
        return 0;
    const void *place = (const char *)layer->config + field->offset;
    return (*(const tl_activation *const *)place)->generation;
}

tlstm_status tl_keras_version_for(const tlstm_model *model, const char **version,
                                  tlstm_error **error) {
    int needed = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        for (const tl_field *field = layer->ops->fields; field->key; field++) {
            int generation = generation_of(field, layer);
            if (generation && needed && generation != needed)
                return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                               "one model cannot have an activation of Keras 2 and one of Keras 3 "
                               "that share the name hard_sigmoid in a file");
            needed = generation ? generation : needed;
        }
    }
    *version = needed == 3 ? "3.0.0" : "2.15.0";
    return TLSTM_OK;
}

tlstm_status tl_keras_model_to_json(const tlstm_model *model, char **json, tlstm_error **error) {
    const char *version = NULL;
    json_t *config = NULL;
    tlstm_status status = tl_keras_version_for(model, &version, error);
    if (!status)
        status = tl_keras_write_model(model, &config, error);
    if (!status && (json_object_set_new(config, "keras_version", json_string(version)) ||
                    json_object_set_new(config, "backend", json_string("tensorflow"))))
        status = tl_fail_memory(error);
    if (!status)
        status = tl_json_print(config, json, error);
    json_decref(config);
    return status;
}

tlstm_status tl_keras_add_layer(tlstm_model *model, const char *class_name, const char *config,
                                tlstm_error **error) {
    tl_keras_reader reader = {3, model, NULL};
    json_t *object = NULL;
    tlstm_status status = tl_json_parse("config", config, strlen(config), &object, error);
    if (!status && !json_is_object(object))
        status = tl_fail(error, TLSTM_ERROR_ARGUMENT, "config", "expected a JSON object");
    tl_layer *layer = NULL;
    if (!status)
        status = tl_keras_read_layer(&reader, class_name, object, &layer, error);
    if (!status)
        status = tl_model_add(model, layer, error);
    json_decref(object);
    return status;
}
