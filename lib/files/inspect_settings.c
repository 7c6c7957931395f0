/* Settings of configurations as Python prints them, shortened. */
#include "files/inspect.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

/* Of one setting: columns and levels. */
enum { LONGEST_VALUE = 60, MOST_DEPTH = 6, MOST_LEAVES = 100 };

static void append_value(tl_text *text, const json_t *value, size_t depth);

static void append_list(tl_text *text, const json_t *list, size_t depth) {
    tl_text_append(text, "[");
    for (size_t i = 0; i < json_array_size(list) && text->length < LONGEST_VALUE; i++) {
        tl_text_append(text, i ? ", " : "");
        append_value(text, json_array_get(list, i), depth);
    }
    tl_text_append(text, "]");
}

/* An object of Keras is told by its class, where that is but a wrapper by what it wraps. */
static void append_object(tl_text *text, const json_t *object, size_t depth) {
    static const char *const wrappers[] = {"function", "MeanMetricWrapper", "LossFunctionWrapper",
                                           "DTypePolicy", "Policy"};
    json_t *config = NULL;
    const char *class_name = tl_keras_class(object, &config), *key, *between = "", *inner = NULL;
    for (size_t i = 0; class_name && i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
        if (strcmp(class_name, wrappers[i]) == 0)
            inner =
                json_is_string(config) ? json_string_value(config) : tl_json_string(config, "name");
    if (class_name) {
        tl_text_append(text, inner ? inner : class_name);
        return;
    }
    json_t *value;
    tl_text_append(text, "{");
    json_object_foreach((json_t *)object, key, value) {
        if (text->length >= LONGEST_VALUE)
            break;
        tl_text_format(text, "%s%s: ", between, key);
        append_value(text, value, depth);
        between = ", ";
    }
    tl_text_append(text, "}");
}

static void append_value(tl_text *text, const json_t *value, size_t depth) {
    if (depth > MOST_DEPTH)
        tl_text_append(text, "...");
    else if (json_is_string(value))
        tl_text_append(text, json_string_value(value));
    else if (json_is_integer(value))
        tl_text_format(text, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        tl_text_number(text, json_real_value(value));
    else if (json_is_array(value))
        append_list(text, value, depth + 1);
    else if (json_is_object(value))
        append_object(text, value, depth + 1);
    else
        tl_text_append(text, json_is_true(value)    ? "True"
                             : json_is_false(value) ? "False"
                                                    : "None");
}

void tl_inspect_value(tl_text *text, const json_t *value) {
    tl_text whole = {0};
    append_value(&whole, value, 0);
    size_t length = whole.length;
    if (length > LONGEST_VALUE) {
        length = LONGEST_VALUE;
        while (length && ((unsigned char)whole.bytes[length] & 0xC0) == 0x80)
            length--;
    }
    tl_text_append_bytes(text, whole.bytes ? whole.bytes : "", length);
    tl_text_append(text, length < whole.length ? "..." : "");
    text->failed |= whole.failed;
    tl_text_clear(&whole);
}

void tl_inspect_leaves(tl_text *text, const json_t *value) {
    size_t count = json_array_size(value);
    if (!json_is_array(value)) {
        tl_text_append(text, text->length ? ", " : "");
        tl_inspect_value(text, value);
    }
    for (size_t i = 0; i < count && i < MOST_LEAVES; i++)
        tl_inspect_leaves(text, json_array_get(value, i));
    if (count > MOST_LEAVES)
        tl_text_append(text, ", ...");
}

void tl_inspect_number(tl_text *text, double number, const char *dtype) {
    if (strstr(dtype, "int") && fabs(number) < 9007199254740992.0)
        tl_text_format(text, "%lld", (long long)number);
    else
        tl_text_float(text, (float)number);
}

/* Settings that nearly every layer has, so that they say nothing of one. */
static int is_usual(const char *setting) {
    static const char *const usual[] = {
        "trainable=True",
        "dtype=float32",
        "use_bias=True",
        "unit_forget_bias=True",
        "autocast=True",
        "dropout=0",
        "dropout=0.0",
        "recurrent_dropout=0",
        "recurrent_dropout=0.0",
        "data_format=channels_last",
        "implementation=1",
        "implementation=2",
        "kernel_initializer=GlorotUniform",
        "kernel_initializer=VarianceScaling",
        "recurrent_initializer=Orthogonal",
        "bias_initializer=Zeros",
        "embeddings_initializer=RandomUniform",
        "ema_momentum=0.99",
        "ema_overwrite_frequency=100",
        "jit_compile=True",
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strcmp(setting, usual[i]) == 0)
            return 1;
    return 0;
}

/* Off, or told elsewhere. */
static int is_left_out(const char *key, const json_t *value) {
    int empty = (json_is_array(value) || json_is_object(value)) && !json_array_size(value) &&
                !json_object_size(value);
    return json_is_null(value) || json_is_false(value) || empty || strcmp(key, "name") == 0 ||
           strcmp(key, "layer") == 0;
}

void tl_inspect_settings(tl_text *text, const json_t *config) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)config, key, value) {
        tl_text setting = {0};
        if (is_left_out(key, value))
            continue;
        tl_text_format(&setting, "%.60s=", key);
        tl_inspect_value(&setting, value);
        if (setting.failed)
            text->failed = 1;
        else if (!is_usual(setting.bytes))
            tl_text_format(text, "%s%s", text->length ? ", " : "", setting.bytes);
        tl_text_clear(&setting);
    }
}
