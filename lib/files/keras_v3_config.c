/*
 * Writing config.json of a .keras file as Keras 3 does: every object with its module, every layer
 * with the shape that it was built for.
 */
#include "base/text.h"
#include "files/keras_config.h"
#include "files/keras_training.h"
#include "layers/input.h"

#include <string.h>

static const char *module_of(const char *key) {
    return tl_text_ends_in(key, "_initializer")   ? "keras.initializers"
           : tl_text_ends_in(key, "_regularizer") ? "keras.regularizers"
                                                  : "keras.constraints";
}

/* Initializers, regularizers and constraints among a layer's settings. */
static int mark_settings(json_t *config) {
    const char *key;
    json_t *value;
    json_object_foreach(config, key, value) {
        if (json_is_object(value) && !tl_keras_mark(value, module_of(key)))
            return 0;
    }
    return 1;
}

static json_t *write_config(const tl_layer *layer) {
    json_t *config = json_object();
    int written = config && tl_keras_write_fields(layer->ops->fields, layer->config, config) &&
                  mark_settings(config);
    json_t *whole = written ? json_pack("{s:s, s:b, s:o}", "name", layer->name, "trainable",
                                        (int)layer->trainable, "dtype",
                                        tl_keras_object("keras", "DTypePolicy",
                                                        json_pack("{s:s}", "name", "float32")))
                            : NULL;
    if (whole && json_object_update(whole, config)) {
        json_decref(whole);
        whole = NULL;
    }
    json_decref(config);
    return whole;
}

/* Keras makes the weights of the layer for this shape before it reads them. */
static int add_build_config(json_t *object, const tl_shape *shape, size_t batch) {
    json_t *build = json_pack("{s:o}", "input_shape", tl_keras_write_shape(shape, batch));
    return build && json_object_set_new(object, "build_config", build) == 0;
}

static json_t *write_input(const char *name, const tl_shape *shape, size_t batch) {
    json_t *config =
        json_pack("{s:o, s:s, s:b, s:s}", "batch_shape", tl_keras_write_shape(shape, batch),
                  "dtype", "float32", "sparse", 0, "name", name);
    return tl_keras_object("keras.layers", "InputLayer", config);
}

static json_t *write_layer(const tlstm_model *model, const tl_layer *layer) {
    if (layer->ops == &tl_input_layer)
        return write_input(layer->name, &model->input, model->batch);
    json_t *object = tl_keras_object("keras.layers", layer->ops->class_name, write_config(layer));
    if (object && layer->weight_count && !add_build_config(object, &layer->input, model->batch)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The call of a functional model's layer with the output of the one before it. */
static json_t *write_call(const tlstm_model *model, const tl_layer *before) {
    json_t *tensor = json_pack("{s:o, s:s, s:[s, i, i]}", "shape",
                               tl_keras_write_shape(&before->output, model->batch), "dtype",
                               "float32", "keras_history", before->name, 0, 0);
    return json_pack("[{s:[{s:s, s:o}], s:{}}]", "args", "class_name", "__keras_tensor__", "config",
                     tensor, "kwargs");
}

static int add_node(json_t *object, const tlstm_model *model, size_t index) {
    json_t *nodes = index ? write_call(model, model->layers[index - 1]) : json_array();
    return json_object_set_new(object, "name", json_string(model->layers[index]->name)) == 0 &&
           json_object_set_new(object, "inbound_nodes", nodes) == 0;
}

/* A Sequential model begins with an InputLayer in Keras's files, whether it was added or not. */
static int begin_layers(const tlstm_model *model, json_t *layers) {
    if (model->functional || model->layers[0]->ops == &tl_input_layer)
        return 1;
    return json_array_append_new(layers, write_input("input_layer", &model->input, model->batch)) ==
           0;
}

static json_t *write_layers(const tlstm_model *model) {
    json_t *layers = json_array();
    int written = layers && begin_layers(model, layers);
    for (size_t i = 0; written && i < model->layer_count; i++) {
        json_t *layer = write_layer(model, model->layers[i]);
        written = layer && (!model->functional || add_node(layer, model, i)) &&
                  json_array_append(layers, layer) == 0;
        json_decref(layer);
    }
    if (written)
        return layers;
    json_decref(layers);
    return NULL;
}

static json_t *write_functional(const tlstm_model *model) {
    const tl_layer *last = model->layers[model->layer_count - 1];
    json_t *config = json_pack("{s:s, s:b, s:o, s:[s, i, i], s:[s, i, i]}", "name", model->name,
                               "trainable", 1, "layers", write_layers(model), "input_layers",
                               model->layers[0]->name, 0, 0, "output_layers", last->name, 0, 0);
    return json_pack("{s:s, s:s, s:o, s:s, s:{s:n}}", "module", "keras.src.models.functional",
                     "class_name", "Functional", "config", config, "registered_name", "Functional",
                     "build_config", "input_shape");
}

static json_t *write_sequential(const tlstm_model *model) {
    json_t *config = json_pack("{s:s, s:b, s:o, s:o}", "name", model->name, "trainable", 1,
                               "layers", write_layers(model), "build_input_shape",
                               tl_keras_write_shape(&model->input, model->batch));
    json_t *object = tl_keras_object("keras", "Sequential", config);
    if (object && !add_build_config(object, &model->input, model->batch)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

tlstm_status tl_keras_write_v3_model(const tlstm_model *model, int compiled, json_t **config,
                                     tlstm_error **error) {
    json_t *made = model->functional ? write_functional(model) : write_sequential(model);
    json_t *compile = NULL;
    tlstm_status status = made ? TLSTM_OK : tl_fail_memory(error);
    if (!status && compiled)
        status = tl_keras_write_compile_config(model, &compile, error);
    if (!status && compiled && json_object_set_new(made, "compile_config", compile))
        status = tl_fail_memory(error);
    if (status) {
        json_decref(made);
        return status;
    }
    *config = made;
    return TLSTM_OK;
}
