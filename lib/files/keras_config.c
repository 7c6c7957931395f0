/* Keras's model configurations as a whole: whose they are, reading and writing. */
#include "files/keras_config.h"

#include "base/alloc.h"
#include "layers/input.h"

#include <stdlib.h>
#include <string.h>

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
    /* Keras before 1.0.7 does not say it, nor do files that others have written. */
    if (!version)
        return looks_like_keras3(config) ? 3 : tl_keras_looks_like_keras1(config) ? 1 : 2;
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    if (major >= 3)
        return 3;
    /* Stand-alone Keras before 2.3; "2.2.4-tf" is TensorFlow's own, which spells its settings out.
     */
    return major < 2 || (minor < 3 && !strstr(version, "-tf")) ? 1 : 2;
}

/* ---- Sequential ---- */

static tlstm_status read_sequential(const tl_keras_reader *reader, const json_t *config,
                                    tlstm_error **error) {
    /* Before Keras 2.2.3 a bare list. */
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    tlstm_status status = tl_keras_check_layers(layers, error);
    for (size_t i = 0; !status && i < json_array_size(layers); i++)
        status = tl_keras_add_entry(reader, json_array_get(layers, i), error);
    tl_shape shape;
    if (!status && reader->model->input.ndim == 0 &&
        tl_keras_read_dims(json_object_get(config, "build_input_shape"), 1, &shape))
        reader->model->input = shape;
    return status;
}

/* ---- Models ---- */

tlstm_status tl_keras_read_model(const json_t *config, int generation, uint64_t seed,
                                 tlstm_model **model, tlstm_error **error) {
    json_t *inner = NULL;
    const char *class_name = tl_keras_class(config, &inner);
    if (!class_name || !inner)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                       "it describes no model: expected a class name and a configuration");
    int sequential = strcmp(class_name, "Sequential") == 0;
    if (!sequential && strcmp(class_name, "Functional") != 0 && strcmp(class_name, "Model") != 0)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL, "models of class %s are not supported",
                       class_name);
    tlstm_model *made = NULL;
    tlstm_status status = tl_model_new(tl_json_string(inner, "name"), seed, &made, error);
    if (status)
        return status;
    tl_keras_reader reader = {generation, made, NULL};
    status = sequential ? read_sequential(&reader, inner, error)
                        : tl_keras_read_functional(&reader, inner, error);
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
    if (status)
        tl_fail_within(error, status, name);
    if (!status && generation)
        *generation = read_as;
    json_decref(config);
    return status;
}

/* ---- Writing ---- */

json_t *tl_keras_write_shape(const tl_shape *shape, size_t batch) {
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
                     "batch_input_shape", tl_keras_write_shape(shape, batch), "dtype", "float32",
                     "sparse", 0, "ragged", 0, "name", name);
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

tlstm_status tl_keras_check_keras3(const tlstm_model *model, tlstm_error **error) {
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        for (const tl_field *field = layer->ops->fields; field->key; field++) {
            int generation = generation_of(field, layer);
            if (generation && generation != 3)
                return tl_fail(
                    error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                    "hard_sigmoid of Keras 2 does not exist in Keras 3, which reads this "
                    "format: save as .h5");
        }
    }
    return TLSTM_OK;
}

/* What model_from_json() needs besides, in an order that Keras writes, too. Keras 2 and 3 agree on
 * one name alone for a functional model outside a file: Model. */
static json_t *wrap_for_json(const tlstm_model *model, const json_t *config, const char *version) {
    return json_pack("{s:s, s:s, s:O, s:n, s:s, s:s}", "module", "keras", "class_name",
                     model->functional ? "Model" : "Sequential", "config",
                     json_object_get(config, "config"), "registered_name", "keras_version", version,
                     "backend", "tensorflow");
}

tlstm_status tl_keras_model_to_json(const tlstm_model *model, char **json, tlstm_error **error) {
    const char *version = NULL;
    json_t *config = NULL, *wrapped = NULL;
    tlstm_status status = tl_keras_version_for(model, &version, error);
    if (!status)
        status = tl_keras_write_model(model, &config, error);
    if (!status && !(wrapped = wrap_for_json(model, config, version)))
        status = tl_fail_memory(error);
    if (!status)
        status = tl_json_print(wrapped, json, error);
    json_decref(wrapped);
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
