/*
 * Functional models: Keras writes any graph of layers, of which only a chain is read. Every other
 * one is refused with the layer at which it leaves the chain.
 */
#include "files/keras_config.h"

#include <string.h>

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
    json_object_foreach((json_t *)arguments, key, value) if (!tl_keras_is_off(value)) return 0;
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

/* ---- Masks that Keras 3 spells out ---- */

/* Keras 3 writes the mask that Embedding(mask_zero=True) makes as an operation of its own, and as
 * an argument of every layer that takes it. Here masks find their way by themselves. */

static int is_masking_embedding(const json_t *layer, const char *input) {
    json_t *config = NULL;
    const char *class_name = tl_keras_class(layer, &config);
    source from = source_of(layer);
    return class_name && strcmp(class_name, "Embedding") == 0 && from.name &&
           strcmp(from.name, input) == 0 && json_is_true(json_object_get(config, "mask_zero"));
}

/* x != 0 for the tokens x that go into such an Embedding. */
static int is_implied_mask(const json_t *layers, const json_t *layer) {
    json_t *config = NULL, *other;
    const char *class_name = tl_keras_class(layer, &config);
    if (!class_name || strcmp(class_name, "NotEqual") != 0)
        return 0;
    const json_t *nodes = json_object_get(layer, "inbound_nodes");
    const json_t *zero = json_array_get(json_object_get(json_array_get(nodes, 0), "args"), 1);
    source from = source_of(layer);
    if (from.many || !from.name || !json_is_number(zero) || json_number_value(zero) != 0)
        return 0;
    size_t index;
    json_array_foreach(layers, index, other) {
        if (is_masking_embedding(other, from.name))
            return 1;
    }
    return 0;
}

/* Takes the mask out of the arguments of a layer's calls. */
static int drop_mask(json_t *layer, const char *mask) {
    json_t *nodes = json_object_get(layer, "inbound_nodes"), *node;
    size_t index;
    json_array_foreach(nodes, index, node) {
        json_t *arguments = json_object_get(node, "kwargs");
        source from = {NULL, 0};
        find_tensors(json_object_get(arguments, "mask"), &from);
        if (from.name && !from.many && strcmp(from.name, mask) == 0 &&
            json_object_set_new(arguments, "mask", json_null()))
            return 0;
    }
    return 1;
}

/* A copy of the layers without such masks; NULL without memory. */
static json_t *without_masks(const json_t *layers) {
    json_t *kept = json_array(), *copy = json_deep_copy(layers), *layer, *other;
    size_t index, place;
    int done = kept && copy;
    json_array_foreach(copy, index, layer) {
        const char *mask =
            is_implied_mask(layers, json_array_get(layers, index)) ? layer_name(layer) : NULL;
        if (!mask)
            done = done && json_array_append(kept, layer) == 0;
        else
            json_array_foreach(copy, place, other) done = done && drop_mask(other, mask);
    }
    json_decref(copy);
    if (done)
        return kept;
    json_decref(kept);
    return NULL;
}

/* ---- The chain ---- */

static tlstm_status read_chain(const tl_keras_reader *reader, const json_t *config,
                               const json_t *layers, tlstm_error **error) {
    const json_t *layer = NULL;
    const char *first = only_end(json_object_get(config, "input_layers"));
    const char *last = only_end(json_object_get(config, "output_layers"));
    if (!first || !last)
        return refuse_graph(NULL, "it needs one input and one output", error);
    tlstm_status status = check_nodes(layers, first, &layer, error);
    size_t added = 0, next_count = 1;
    const char *name = first;
    for (; !status && layer && added < json_array_size(layers); added++) {
        status = tl_keras_add_entry(reader, layer, error);
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

tlstm_status tl_keras_read_functional(const tl_keras_reader *reader, const json_t *config,
                                      tlstm_error **error) {
    const json_t *listed = json_object_get(config, "layers");
    tlstm_status status = tl_keras_check_layers(listed, error);
    if (status)
        return status;
    json_t *layers = without_masks(listed);
    if (!layers)
        return tl_fail_memory(error);
    status = read_chain(reader, config, layers, error);
    json_decref(layers);
    return status;
}
