/* Parsing and printing Keras's JSON; initializers, regularizers, constraints and activations in it.
 */
#include "files/keras_json.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_JSON ((size_t)64 << 20)

/* ---- Text ---- */

static tlstm_status parse(const char *name, const char *text, size_t length, size_t flags,
                          json_t **value, tlstm_error **error) {
    if (length > LARGEST_JSON)
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "the JSON is too long");
    json_error_t fault;
    /* What Keras writes comes from Python, what is read strictly need not. */
    json_t *parsed = flags & JSON_REJECT_DUPLICATES ? json_loadb(text, length, flags, &fault)
                                                    : tl_json_load(text, length, flags, &fault);
    if (!parsed && json_error_code(&fault) == json_error_out_of_memory)
        return tl_fail_memory(error);
    if (!parsed)
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "not JSON: line %d, column %d: %s",
                       fault.line, fault.column, fault.text);
    *value = parsed;
    return TLSTM_OK;
}

tlstm_status tl_json_parse(const char *name, const char *text, size_t length, json_t **value,
                           tlstm_error **error) {
    return parse(name, text, length, JSON_DECODE_ANY, value, error);
}

tlstm_status tl_json_parse_strict(const char *name, const char *text, size_t length, json_t **value,
                                  tlstm_error **error) {
    return parse(name, text, length, JSON_REJECT_DUPLICATES, value, error);
}

static void print_value(const json_t *value, tl_text *text);

static void print_string(const json_t *value, tl_text *text) {
    char *string = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (string)
        tl_text_append(text, string);
    else
        text->failed = 1;
    free(string);
}

static void print_array(const json_t *array, tl_text *text) {
    tl_text_append(text, "[");
    for (size_t i = 0; i < json_array_size(array); i++) {
        tl_text_append(text, i ? ", " : "");
        print_value(json_array_get(array, i), text);
    }
    tl_text_append(text, "]");
}

static void print_object(const json_t *object, tl_text *text) {
    const char *key, *between = "";
    json_t *value;
    tl_text_append(text, "{");
    /* jansson keeps the order in which the keys were set. */
    json_object_foreach((json_t *)object, key, value) {
        json_t *name = json_string(key);
        tl_text_append(text, between);
        if (name)
            print_string(name, text);
        else
            text->failed = 1;
        json_decref(name);
        tl_text_append(text, ": ");
        print_value(value, text);
        between = ", ";
    }
    tl_text_append(text, "}");
}

static void print_value(const json_t *value, tl_text *text) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        print_object(value, text);
        break;
    case JSON_ARRAY:
        print_array(value, text);
        break;
    case JSON_STRING:
        print_string(value, text);
        break;
    case JSON_INTEGER:
        tl_text_format(text, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        tl_text_number(text, json_real_value(value));
        break;
    default:
        tl_text_append(text, json_is_true(value)    ? "true"
                             : json_is_false(value) ? "false"
                                                    : "null");
    }
}

tlstm_status tl_json_print(const json_t *value, char **text, tlstm_error **error) {
    tl_text printed = {0};
    print_value(value, &printed);
    char *taken = tl_text_take(&printed);
    if (!taken)
        return tl_fail_memory(error);
    *text = taken;
    return TLSTM_OK;
}

const char *tl_json_string(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

/* ---- Objects of Keras ---- */

const char *tl_keras_class(const json_t *value, json_t **config) {
    const char *name = tl_json_string(value, "class_name");
    *config = json_object_get(value, "config");
    if (json_is_null(*config))
        *config = NULL;
    if (!name)
        return NULL;
    /* "Custom>RMSprop", "keras.optimizers>Adam" */
    const char *mark = strrchr(name, '>');
    return mark ? mark + 1 : name;
}

json_t *tl_keras_object(const char *module, const char *class_name, json_t *config) {
    return json_pack("{s:s, s:s, s:o, s:n}", "module", module, "class_name", class_name, "config",
                     config, "registered_name");
}

int tl_keras_mark(json_t *object, const char *module) {
    const char *class_name = tl_json_string(object, "class_name");
    json_t *marked =
        tl_keras_object(module, class_name, json_incref(json_object_get(object, "config")));
    int done = marked && json_object_clear(object) == 0 && json_object_update(object, marked) == 0;
    json_decref(marked);
    return done;
}

static tlstm_status refuse_value(const tl_keras_reader *reader, const char *key,
                                 const json_t *value, const char *what, tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_json_print(value, &text, error);
    if (status)
        return status;
    status = tl_fail(error, TLSTM_ERROR_UNSUPPORTED, key, "%s %.120s is not supported", what, text);
    tl_free(text);
    return tl_fail_within(error, status, reader->where);
}

static tlstm_status refuse_kind(const tl_keras_reader *reader, const char *key, const char *wanted,
                                const json_t *value, tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_json_print(value, &text, error);
    if (status)
        return status;
    status = tl_fail(error, TLSTM_ERROR_FORMAT, key, "expected %s, got %.120s", wanted, text);
    tl_free(text);
    return tl_fail_within(error, status, reader->where);
}

/* ---- Numbers ---- */

static tlstm_status read_number(const tl_keras_reader *reader, const tl_field *field,
                                const json_t *value, void *config, tlstm_error **error) {
    double number;
    if (json_is_number(value) && !(field->kind == TL_FIELD_BOOL && json_is_real(value)))
        number = json_number_value(value);
    else if (json_is_boolean(value) && field->kind == TL_FIELD_BOOL)
        number = json_is_true(value);
    else if (json_is_null(value) && field->kind == TL_FIELD_OPTIONAL)
        number = NAN;
    else
        return refuse_kind(reader, field->key,
                           field->kind == TL_FIELD_BOOL ? "true or false" : "a number", value,
                           error);
    tlstm_status status = tl_field_set_number(field, config, number, error);
    return status ? tl_fail_within(error, status, reader->where) : TLSTM_OK;
}

static json_t *write_number(const tl_field *field, double value) {
    if (field->kind == TL_FIELD_BOOL)
        return json_boolean(value != 0);
    if (field->kind == TL_FIELD_SIZE)
        return json_integer((json_int_t)value);
    if (isnan(value))
        return json_null();
    int whole = strcmp(field->key, "seed") == 0;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

/* ---- Activations ---- */

/* "tanh", or a function of Keras's third serialisation. */
static const char *activation_name(const json_t *value) {
    if (json_is_null(value))
        return "linear";
    if (json_is_string(value))
        return json_string_value(value);
    const char *class_name = tl_json_string(value, "class_name");
    if (!class_name || strcmp(class_name, "function") != 0)
        return NULL;
    return tl_json_string(value, "config");
}

static tlstm_status read_activation(const tl_keras_reader *reader, const char *key,
                                    const json_t *value, const tl_activation **activation,
                                    tlstm_error **error) {
    const char *name = activation_name(value);
    const tl_activation *found = name ? tl_activation_by_name(name, reader->generation) : NULL;
    if (!found)
        return refuse_value(reader, key, value, "the activation", error);
    *activation = found;
    return TLSTM_OK;
}

/* ---- Initializers ---- */

/* The two words of VarianceScaling. */
static int read_words(const json_t *config, tl_initializer *initializer) {
    const char *mode = tl_json_string(config, "mode");
    const char *distribution = tl_json_string(config, "distribution");
    if (mode)
        initializer->mode = tl_fan_mode_find(mode);
    if (distribution)
        initializer->distribution = tl_distribution_find(distribution);
    return initializer->mode >= 0 && initializer->distribution >= 0;
}

/* The numbers of a configuration that has fields; other keys (dtype, ...) change nothing here. */
static tlstm_status read_settings(const tl_keras_reader *reader, const tl_field *fields,
                                  const json_t *config, void *target, tlstm_error **error) {
    for (const tl_field *field = fields; field->key; field++) {
        const json_t *value = json_object_get(config, field->key);
        int given = value && (!json_is_null(value) || field->kind == TL_FIELD_OPTIONAL);
        tlstm_status status =
            given ? tl_keras_read_field(reader, field, value, target, error) : TLSTM_OK;
        if (status)
            return status;
    }
    return TLSTM_OK;
}

static tlstm_status read_initializer(const tl_keras_reader *reader, const char *key,
                                     const json_t *value, tl_initializer *initializer,
                                     tlstm_error **error) {
    json_t *config = NULL;
    const char *name =
        json_is_string(value) ? json_string_value(value) : tl_keras_class(value, &config);
    tl_initializer read;
    if (!name || !tl_initializer_find(name, &read))
        return refuse_value(reader, key, value, "the initializer", error);
    tlstm_status status = read_settings(reader, read.class->fields, config, &read, error);
    if (!status && read.class->has_words && !read_words(config, &read))
        status = refuse_value(reader, key, value, "the initializer", error);
    if (!status)
        *initializer = read;
    return status;
}

static json_t *write_initializer(const tl_initializer *initializer) {
    if (!initializer->class)
        return json_null();
    json_t *config = json_object();
    int written = config && tl_keras_write_fields(initializer->class->fields, initializer, config);
    if (written && initializer->class->has_words)
        written =
            json_object_set_new(config, "mode",
                                json_string(tl_fan_mode_names[initializer->mode])) == 0 &&
            json_object_set_new(config, "distribution",
                                json_string(tl_distribution_names[initializer->distribution])) == 0;
    if (!written) {
        json_decref(config);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "class_name", initializer->class->class_name, "config", config);
}

/* ---- Regularizers and constraints ---- */

static const tl_field regularizer_fields[] = {
    {"l1", TL_FIELD_FLOAT, offsetof(tl_regularizer, l1), 0, 0, 0},
    {"l2", TL_FIELD_FLOAT, offsetof(tl_regularizer, l2), 0, 0, 0},
    {NULL, 0, 0, 0, 0, 0},
};

static tlstm_status read_regularizer(const tl_keras_reader *reader, const char *key,
                                     const json_t *value, tl_regularizer *regularizer,
                                     tlstm_error **error) {
    tl_regularizer read = {0, 0};
    json_t *config = NULL;
    tlstm_status status = TLSTM_OK;
    const char *name =
        json_is_string(value) ? json_string_value(value) : tl_keras_class(value, &config);
    if (!json_is_null(value)) {
        if (!name || !tl_regularizer_find(name, &read))
            return refuse_value(reader, key, value, "the regularizer", error);
        /* A configuration says all factors that count. */
        if (config)
            read = (tl_regularizer){0, 0};
        status = read_settings(reader, regularizer_fields, config, &read, error);
    }
    if (!status)
        *regularizer = read;
    return status;
}

/* The class with one factor where one is enough: that is what Keras itself writes. */
static json_t *write_regularizer(const tl_regularizer *regularizer) {
    if (regularizer->l1 == 0 && regularizer->l2 == 0)
        return json_null();
    if (regularizer->l1 == 0)
        return json_pack("{s:s, s:{s:f}}", "class_name", "L2", "config", "l2", regularizer->l2);
    if (regularizer->l2 == 0)
        return json_pack("{s:s, s:{s:f}}", "class_name", "L1", "config", "l1", regularizer->l1);
    return json_pack("{s:s, s:{s:f, s:f}}", "class_name", "L1L2", "config", "l1", regularizer->l1,
                     "l2", regularizer->l2);
}

static const tl_field constraint_fields[] = {
    {"max_value", TL_FIELD_FLOAT, offsetof(tl_constraint, max_value), 0, 0, 0},
    {"min_value", TL_FIELD_FLOAT, offsetof(tl_constraint, min_value), 0, 0, 0},
    {"rate", TL_FIELD_FLOAT, offsetof(tl_constraint, rate), 0, 0, 0},
    {NULL, 0, 0, 0, 0, 0},
};

/* The axis is an integer, or a list of one. */
static int read_axis(const json_t *config, tl_constraint *constraint) {
    const json_t *axis = json_object_get(config, "axis");
    if (json_array_size(axis) == 1)
        axis = json_array_get(axis, 0);
    if (!axis || json_is_null(axis))
        return 1;
    json_int_t number = json_integer_value(axis);
    constraint->axis = (int32_t)number;
    return json_is_integer(axis) && number >= -2 && number <= 1;
}

static tlstm_status read_constraint(const tl_keras_reader *reader, const char *key,
                                    const json_t *value, tl_constraint *constraint,
                                    tlstm_error **error) {
    tl_constraint read = {.kind = TL_NO_CONSTRAINT};
    json_t *config = NULL;
    tlstm_status status = TLSTM_OK;
    const char *name =
        json_is_string(value) ? json_string_value(value) : tl_keras_class(value, &config);
    if (!json_is_null(value)) {
        if (!name || !tl_constraint_find(name, &read) || !read_axis(config, &read))
            return refuse_value(reader, key, value, "the constraint", error);
        status = read_settings(reader, constraint_fields, config, &read, error);
    }
    if (!status)
        *constraint = read;
    return status;
}

static json_t *write_constraint(const tl_constraint *constraint) {
    json_t *config = NULL;
    switch (constraint->kind) {
    case TL_NO_CONSTRAINT:
        return json_null();
    case TL_NON_NEG:
        config = json_object();
        break;
    case TL_UNIT_NORM:
        config = json_pack("{s:i}", "axis", constraint->axis);
        break;
    case TL_MAX_NORM:
        config =
            json_pack("{s:f, s:i}", "max_value", constraint->max_value, "axis", constraint->axis);
        break;
    case TL_MIN_MAX_NORM:
        config =
            json_pack("{s:f, s:f, s:f, s:i}", "min_value", constraint->min_value, "max_value",
                      constraint->max_value, "rate", constraint->rate, "axis", constraint->axis);
        break;
    }
    return config ? json_pack("{s:s, s:o}", "class_name",
                              tl_constraint_class_name(constraint->kind), "config", config)
                  : NULL;
}

/* ---- Fields ---- */

tlstm_status tl_keras_read_field(const tl_keras_reader *reader, const tl_field *field,
                                 const json_t *value, void *config, tlstm_error **error) {
    void *place = (char *)config + field->offset;
    switch (field->kind) {
    case TL_FIELD_ACTIVATION:
        return read_activation(reader, field->key, value, place, error);
    case TL_FIELD_INITIALIZER:
        return read_initializer(reader, field->key, value, place, error);
    case TL_FIELD_REGULARIZER:
        return read_regularizer(reader, field->key, value, place, error);
    case TL_FIELD_CONSTRAINT:
        return read_constraint(reader, field->key, value, place, error);
    default:
        return read_number(reader, field, value, config, error);
    }
}

tlstm_status tl_keras_read_text(const tl_field *field, const char *text, void *config,
                                tlstm_error **error) {
    tl_keras_reader reader = {3, NULL, NULL};
    json_t *value = NULL;
    tlstm_status status = TLSTM_OK;
    if (*text == '{')
        status = tl_json_parse(field->key, text, strlen(text), &value, error);
    else if (!(value = json_string(text)))
        status = tl_fail(error, TLSTM_ERROR_ARGUMENT, field->key, "not UTF-8");
    if (!status)
        status = tl_keras_read_field(&reader, field, value, config, error);
    json_decref(value);
    return status;
}

json_t *tl_keras_write_field(const tl_field *field, const void *config) {
    const void *place = (const char *)config + field->offset;
    switch (field->kind) {
    case TL_FIELD_ACTIVATION:
        return json_string((*(const tl_activation *const *)place)->name);
    case TL_FIELD_INITIALIZER:
        return write_initializer(place);
    case TL_FIELD_REGULARIZER:
        return write_regularizer(place);
    case TL_FIELD_CONSTRAINT:
        return write_constraint(place);
    default:
        return write_number(field, tl_field_get_number(field, config));
    }
}

int tl_keras_write_fields(const tl_field *fields, const void *config, json_t *object) {
    for (const tl_field *field = fields; field->key; field++)
        if (json_object_set_new(object, field->key, tl_keras_write_field(field, config)))
            return 0;
    return 1;
}
