/*
 * Layers' configurations of Keras 1, and of the CuDNN layers of Keras 2, in today's words.
 *
 * What Keras 1 called `output_dim` is `units`, and so on, as Keras 2's own interface for old
 * programs has it. An old key counts where the layer has the new one and not the old: an
 * Embedding's output_dim is still called so.
 */
#include "files/keras_config.h"

#include "layers/layer.h"

#include <string.h>

/* ---- Classes ---- */

/* A class that is gone, and the one that computes the same. */
static const struct {
    const char *was, *is;
    int cudnn; /* has no words for settings of which cuDNN has one alone */
} renamed_classes[] = {
    {"CuDNNLSTM", "LSTM", 1},
    {"CuDNNGRU", "GRU", 1},
    {"TimeDistributedDense", "Dense", 0},
};
enum { RENAMED_CLASSES = sizeof(renamed_classes) / sizeof(renamed_classes[0]) };

/* Its place in the table; RENAMED_CLASSES: it is today's. */
static size_t find_class(const char *class_name) {
    size_t i = 0;
    while (i < RENAMED_CLASSES && strcmp(renamed_classes[i].was, class_name) != 0)
        i++;
    return i;
}

const char *tl_keras_todays_class(const char *class_name) {
    size_t found = find_class(class_name);
    return found < RENAMED_CLASSES ? renamed_classes[found].is : class_name;
}

static int add_cudnn_settings(const char *class_name, json_t *config) {
    int failed = json_object_set_new(config, "activation", json_string("tanh")) ||
                 json_object_set_new(config, "recurrent_activation", json_string("sigmoid"));
    if (!failed && strcmp(class_name, "CuDNNGRU") == 0)
        failed = json_object_set_new(config, "reset_after", json_true());
    return !failed;
}

/* ---- Keys ---- */

static const struct {
    const char *was, *is;
} renamed_keys[] = {
    {"output_dim", "units"},
    {"init", "kernel_initializer"},
    {"init", "embeddings_initializer"},
    {"inner_init", "recurrent_initializer"},
    {"inner_activation", "recurrent_activation"},
    {"forget_bias_init", "unit_forget_bias"},
    {"W_regularizer", "kernel_regularizer"},
    {"W_regularizer", "embeddings_regularizer"},
    {"U_regularizer", "recurrent_regularizer"},
    {"b_regularizer", "bias_regularizer"},
    {"W_constraint", "kernel_constraint"},
    {"W_constraint", "embeddings_constraint"},
    {"b_constraint", "bias_constraint"},
    {"dropout_W", "dropout"},
    {"dropout_U", "recurrent_dropout"},
    {"bias", "use_bias"},
    {"p", "rate"},
};
enum { RENAMED_KEYS = sizeof(renamed_keys) / sizeof(renamed_keys[0]) };

/* The field that a key of Keras 1 means in a layer; NULL: it is no such key. */
static const tl_field *renamed_field(const tl_layer_ops *ops, const char *key) {
    if (tl_field_find(ops->fields, key))
        return NULL;
    for (size_t i = 0; i < RENAMED_KEYS; i++) {
        const tl_field *field = strcmp(renamed_keys[i].was, key) == 0
                                    ? tl_field_find(ops->fields, renamed_keys[i].is)
                                    : NULL;
        if (field)
            return field;
    }
    return NULL;
}

/* ---- Values ---- */

/* {"name": "WeightRegularizer", "l1": ..., "l2": ...}, of whatever name: Keras 1 has another one
 * alone, which is refused by it. */
static json_t *todays_regularizer(const json_t *value) {
    const char *name = tl_json_string(value, "name");
    const int has_factors = json_object_get(value, "l1") || json_object_get(value, "l2");
    return json_pack("{s:s, s:O}", "class_name", name && !has_factors ? name : "L1L2", "config",
                     value);
}

/* {"name": "MaxNorm", "m": ..., "axis": ...} */
static json_t *todays_constraint(const json_t *value) {
    json_t *config = json_deep_copy(value), *limit = json_object_get(config, "m");
    if (!config || (limit && json_object_set(config, "max_value", limit))) {
        json_decref(config);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "class_name", tl_json_string(value, "name"), "config", config);
}

/* A new reference; NULL without memory. */
static json_t *todays_value(const tl_field *field, json_t *value) {
    const int old_object = tl_json_string(value, "name") && !json_object_get(value, "class_name");
    if (field->kind == TL_FIELD_REGULARIZER && old_object)
        return todays_regularizer(value);
    if (field->kind == TL_FIELD_CONSTRAINT && old_object)
        return todays_constraint(value);
    /* An initializer of the forget gate's bias: ones, or anything else. */
    if (field->kind == TL_FIELD_BOOL && json_is_string(value))
        return json_boolean(strcmp(json_string_value(value), "one") == 0);
    return json_incref(value);
}

/* ---- Configurations ---- */

tlstm_status tl_keras_todays_config(const tl_layer_ops *ops, const char *class_name,
                                    const json_t *config, json_t **today, tlstm_error **error) {
    const char *key;
    json_t *value, *made = json_object();
    const size_t gone = find_class(class_name);
    int done = made != NULL;
    if (done && gone < RENAMED_CLASSES && renamed_classes[gone].cudnn)
        done = add_cudnn_settings(class_name, made);
    json_object_foreach((json_t *)config, key, value) {
        const tl_field *field = renamed_field(ops, key);
        /* What is said in today's words counts. */
        if (field && json_object_get(config, field->key))
            continue;
        done = done &&
               json_object_set_new(made, field ? field->key : key,
                                   field ? todays_value(field, value) : json_incref(value)) == 0;
    }
    if (!done) {
        json_decref(made);
        return tl_fail_memory(error);
    }
    *today = made;
    return TLSTM_OK;
}

int tl_keras_looks_like_keras1(const json_t *config) {
    static const char *const marks[] = {"inner_init", "W_regularizer", "consume_less",
                                        "input_dtype"};
    size_t index;
    const char *key;
    json_t *part;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (json_object_get(config, marks[i]))
            return 1;
    json_array_foreach(config, index, part) if (tl_keras_looks_like_keras1(part)) return 1;
    json_object_foreach((json_t *)config, key, part) if (tl_keras_looks_like_keras1(part)) return 1;
    return 0;
}
