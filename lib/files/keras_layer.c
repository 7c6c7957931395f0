/*
 * Reading one layer from Keras's configuration, generically over the layers' tables of fields.
 *
 * A key that no table knows is ignored with a note, unless it would change the numbers: then the
 * model is refused by name rather than computed wrongly.
 */
#include "files/keras_config.h"

#include "base/alloc.h"
#include "layers/input.h"

#include <string.h>

#define MOST_LAYERS 1000

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
    {"consume_less", IGNORED},
    {"input_dtype", IGNORED},
    {"unroll", IGNORED},
    {"use_cudnn", IGNORED},
    {"sparse", OFF},
    {"ragged", OFF},
    {"optional", IGNORED},
    {"seed", IGNORED},
    {"lora_alpha", IGNORED},
    {"autocast", IGNORED},
    {"batch_size", IGNORED},
    /* other masks of dropout than Keras's; that of Keras 1 within an Embedding */
    {"noise_shape", NOTED},
    {"dropout", NOTED},
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

int tl_keras_is_off(const json_t *value) {
    return json_is_null(value) || json_is_false(value) ||
           (json_is_number(value) && json_number_value(value) == 0);
}

static void note_key(const tl_keras_reader *reader, const char *key) {
    if (reader->model)
        tl_model_note(reader->model, TLSTM_NOTE_IGNORED, "layer %s: the setting %s is ignored",
                      reader->where, key);
}

static int rule_allows(key_rule rule, const json_t *value) {
    if (rule == OFF)
        return tl_keras_is_off(value);
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
    if (rule == NOTED && !(i < KNOWN_KEYS && tl_keras_is_off(value)))
        note_key(reader, key);
    return TLSTM_OK;
}

/* ---- Types and shapes ---- */

/* "float32", or {"class_name": "DTypePolicy", "config": {"name": "float32"}}; NULL: of no such
 * form. */
static const char *dtype_name(const json_t *dtype) {
    json_t *config = NULL;
    if (json_is_object(dtype) && tl_keras_class(dtype, &config))
        return tl_json_string(config, "name");
    return json_string_value(dtype);
}

/* Precisions in which Keras computes with floats as such: here it is float32. A quantized layer
 * (int8_from_float32, ...) has other weights. */
static int is_float_policy(const char *name) {
    static const char *const names[] = {"float64", "float16", "bfloat16", "mixed_float16",
                                        "mixed_bfloat16"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return 0;
}

/* Inputs may be of any type: tokens are integers. */
static tlstm_status check_dtype(const tl_keras_reader *reader, const tl_layer_ops *ops,
                                const json_t *dtype, tlstm_error **error) {
    const char *name = dtype_name(dtype);
    if (!dtype || json_is_null(dtype) || ops == &tl_input_layer)
        return TLSTM_OK;
    if (name && (strcmp(name, "float32") == 0 || (ops->tokens && strncmp(name, "int", 3) == 0)))
        return TLSTM_OK;
    if (name && is_float_policy(name)) {
        if (reader->model)
            tl_model_note(reader->model, TLSTM_NOTE_CONVERTED,
                          "layer %s: computes in float32, not in %s", reader->where, name);
        return TLSTM_OK;
    }
    tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "dtype", "the type %.60s is not supported",
            name ? name : "of this policy");
    return tl_fail_within(error, TLSTM_ERROR_UNSUPPORTED, reader->where);
}

int tl_keras_read_dims(const json_t *list, size_t first, tl_shape *shape) {
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
        good = json_array_size(whole) > 0 && tl_keras_read_dims(whole, 1, shape);
        json_int_t fixed = json_integer_value(json_array_get(whole, 0));
        *batch = fixed > 0 ? (size_t)fixed : 0;
    } else if (sample && !json_is_null(sample)) {
        good = tl_keras_read_dims(sample, 0, shape);
    } else if (json_is_integer(width) && !tl_field_find(ops->fields, "input_dim")) {
        /* Keras 1 and early Keras 2: input_dim alone, or with input_length. */
        int64_t steps = json_is_integer(length) ? json_integer_value(length) : -1;
        *shape = length ? (tl_shape){.ndim = 2, .dims = {steps, json_integer_value(width)}}
                        : (tl_shape){.ndim = 1, .dims = {json_integer_value(width)}};
    } else if (json_is_integer(length) && ops->tokens) {
        *shape = (tl_shape){.ndim = 1, .dims = {json_integer_value(length)}};
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

/* A layer from a configuration in today's words. */
static tlstm_status read_layer(const tl_keras_reader *reader, const tl_layer_ops *ops,
                               const json_t *config, tl_layer **layer, tlstm_error **error) {
    const char *name = tl_json_string(config, "name");
    tl_keras_reader inner = *reader;
    inner.where = name ? name : ops->class_name;
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

tlstm_status tl_keras_read_layer(const tl_keras_reader *reader, const char *class_name,
                                 const json_t *config, tl_layer **layer, tlstm_error **error) {
    const char *name = tl_json_string(config, "name");
    const tl_layer_ops *ops = tl_layer_find(tl_keras_todays_class(class_name));
    if (!ops)
        return refuse_class(class_name, name ? name : class_name, error);
    json_t *today = NULL;
    tlstm_status status = tl_keras_todays_config(ops, class_name, config, &today, error);
    if (!status)
        status = read_layer(reader, ops, today, layer, error);
    json_decref(today);
    return status;
}

tlstm_status tl_keras_add_entry(const tl_keras_reader *reader, const json_t *entry,
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

tlstm_status tl_keras_check_layers(const json_t *layers, tlstm_error **error) {
    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return tl_fail(error, TLSTM_ERROR_FORMAT, "layers", "the configuration lists no layers");
    if (json_array_size(layers) > MOST_LAYERS)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "layers", "more than %d layers",
                       MOST_LAYERS);
    return TLSTM_OK;
}
