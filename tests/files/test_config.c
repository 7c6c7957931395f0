/* Keras's configurations: what is read, what is refused by name, what is written. */
#include "support.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/keras_config.h"
#include "layers/recurrent.h"

#include <math.h>
#include <string.h>

#define SEQUENTIAL(layers)                                                                         \
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": [" layers "]}}"
#define EMBEDDING                                                                                  \
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 7, \"output_dim\": 3}}"
#define LAYER(class_name, config) "{\"class_name\": \"" class_name "\", \"config\": {" config "}}"

static tlstm_model *parse(const char *json, const char *version) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_parse_model("json", json, strlen(json), version, 1, &model, NULL, &error),
                 error);
    return model;
}

static void refuse(const char *json, tlstm_status code, const char *part) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_keras_parse_model("json", json, strlen(json), NULL, 1, &model, NULL, &error),
                    code, error, part);
    ck_assert_ptr_null(model);
}

/* Another value than the default, where a field has one. */
static void change_field(const tl_field *field, void *config) {
    char *place = (char *)config + field->offset;
    double number = tl_field_get_number(field, config);
    tlstm_error *error = NULL;
    switch (field->kind) {
    case TL_FIELD_SIZE:
        TL_ASSERT_OK(tl_field_set_number(field, config, number + 5, &error), error);
        break;
    case TL_FIELD_BOOL:
        TL_ASSERT_OK(tl_field_set_number(field, config, !number, &error), error);
        break;
    case TL_FIELD_FLOAT:
        TL_ASSERT_OK(tl_field_set_number(field, config, 0.1 + 0.2, &error), error);
        break;
    case TL_FIELD_OPTIONAL:
        TL_ASSERT_OK(tl_field_set_number(field, config, 0.7, &error), error);
        break;
    case TL_FIELD_ACTIVATION:
        *(const tl_activation **)(void *)place = tl_activation_by_name("softplus", 2);
        break;
    case TL_FIELD_INITIALIZER:
        TL_ASSERT_OK(tl_keras_read_text(field,
                                        "{\"class_name\": \"VarianceScaling\", \"config\": "
                                        "{\"scale\": 2.5, \"mode\": \"fan_out\", "
                                        "\"distribution\": \"uniform\", \"seed\": 11}}",
                                        config, &error),
                     error);
        break;
    case TL_FIELD_REGULARIZER:
        TL_ASSERT_OK(tl_keras_read_text(
                         field, "{\"class_name\": \"L1L2\", \"config\": {\"l1\": 0.3, \"l2\": 2}}",
                         config, &error),
                     error);
        break;
    case TL_FIELD_CONSTRAINT:
        TL_ASSERT_OK(
            tl_keras_read_text(field,
                               "{\"class_name\": \"MinMaxNorm\", \"config\": {\"min_value\": 0.25, "
                               "\"max_value\": 4, \"rate\": 0.5, \"axis\": 1}}",
                               config, &error),
            error);
        break;
    }
}

static void assert_initializer(const tl_initializer *a, const tl_initializer *b) {
    ck_assert_ptr_eq(a->class, b->class);
    ck_assert(a->scale == b->scale && a->mode == b->mode && a->distribution == b->distribution);
    ck_assert(a->minval == b->minval && a->maxval == b->maxval && a->mean == b->mean);
    ck_assert(a->stddev == b->stddev && a->value == b->value && a->gain == b->gain);
    ck_assert(a->seed == b->seed || (isnan(a->seed) && isnan(b->seed)));
}

static void assert_field(const tl_field *field, const void *a, const void *b) {
    const void *left = (const char *)a + field->offset, *right = (const char *)b + field->offset;
    const tl_constraint *c = left, *d = right;
    const tl_regularizer *r = left, *s = right;
    double x, y;
    switch (field->kind) {
    case TL_FIELD_ACTIVATION:
        ck_assert_ptr_eq(*(const void *const *)left, *(const void *const *)right);
        break;
    case TL_FIELD_INITIALIZER:
        assert_initializer(left, right);
        break;
    case TL_FIELD_REGULARIZER:
        ck_assert(r->l1 == s->l1 && r->l2 == s->l2);
        break;
    case TL_FIELD_CONSTRAINT:
        ck_assert(c->kind == d->kind && c->max_value == d->max_value && c->rate == d->rate);
        ck_assert(c->min_value == d->min_value && c->axis == d->axis);
        break;
    default:
        x = tl_field_get_number(field, a);
        y = tl_field_get_number(field, b);
        ck_assert_msg(x == y || (isnan(x) && isnan(y)), "%s: %g and %g", field->key, x, y);
    }
}

/* Every key of every layer, with a value that is not its default, through JSON and back. */
START_TEST(each_field_of_each_layer_survives) {
    for (const tl_layer_ops *const *ops = tl_layers; *ops; ops++) {
        tlstm_model *model = NULL;
        tl_layer *layer = NULL;
        tlstm_error *error = NULL;
        char *json = NULL;
        TL_ASSERT_OK(tl_model_new("m", 1, &model, &error), error);
        TL_ASSERT_OK(tl_layer_new(*ops, "it", 2, &layer, &error), error);
        for (const tl_field *field = (*ops)->fields; field->key; field++)
            change_field(field, layer->config);
        layer->trainable = 0;
        TL_ASSERT_OK(tl_model_add(model, layer, &error), error);
        TL_ASSERT_OK(tl_keras_model_to_json(model, &json, &error), error);
        tlstm_model *again = parse(json, NULL);
        ck_assert_uint_eq(again->layer_count, 1);
        ck_assert_str_eq(again->layers[0]->name, "it");
        ck_assert_ptr_eq(again->layers[0]->ops, *ops);
        if ((*ops)->fields->key)
            ck_assert_int_eq(again->layers[0]->trainable, 0);
        for (const tl_field *field = (*ops)->fields; field->key; field++)
            assert_field(field, layer->config, again->layers[0]->config);
        ck_assert_uint_eq(again->note_count, 0);
        tl_free(json);
        tl_model_free(again);
        tl_model_free(model);
    }
}
END_TEST

START_TEST(sequential_models_of_all_generations) {
    static const char *const forms[] = {
        "{\"class_name\": \"Sequential\", \"config\": [" EMBEDDING
        ", " LAYER("Flatten", "\"name\": \"f\"") "]}",
        SEQUENTIAL(EMBEDDING ", " LAYER("Flatten", "\"name\": \"f\"")),
        "{\"module\": \"keras\", \"class_name\": \"Sequential\", \"registered_name\": "
        "\"Sequential\", \"build_config\": {}, \"config\": {\"name\": \"m\", \"trainable\": true, "
        "\"dtype\": \"float32\", \"layers\": [" EMBEDDING
        ", {\"module\": \"keras.layers\", \"class_name\": \"Flatten\", \"config\": {\"name\": "
        "\"f\", \"dtype\": {\"module\": \"keras\", \"class_name\": \"DTypePolicy\", \"config\": "
        "{\"name\": \"float32\"}}}, \"registered_name\": null, \"name\": \"f\"}]}}",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        tlstm_model *model = parse(forms[i], NULL);
        ck_assert_uint_eq(model->layer_count, 2);
        ck_assert_str_eq(model->layers[1]->name, "f");
        tl_model_free(model);
    }
}
END_TEST

/* The same input under each key that Keras had for it. */
START_TEST(input_shapes_under_all_keys) {
    static const char *const keys[] = {
        "\"batch_input_shape\": [null, 10, 3]",
        "\"batch_shape\": [null, 10, 3]",
        "\"input_shape\": [10, 3]",
        "\"input_dim\": 3, \"input_length\": 10",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char json[512];
        snprintf(json, sizeof(json), SEQUENTIAL(LAYER("GRU", "\"units\": 4, %s")), keys[i]);
        tlstm_model *model = parse(json, "2.2.4");
        ck_assert_uint_eq(model->input.ndim, 2);
        ck_assert_int_eq(model->input.dims[0], 10);
        ck_assert_int_eq(model->input.dims[1], 3);
        tl_model_free(model);
    }
    tlstm_model *model =
        parse(SEQUENTIAL(LAYER("InputLayer", "\"batch_input_shape\": [4, null, 3]") ", " LAYER(
                  "LSTM", "\"units\": 2, \"stateful\": true")),
              NULL);
    ck_assert_uint_eq(model->batch, 4);
    ck_assert_int_eq(model->input.dims[0], -1);
    tl_model_free(model);
}
END_TEST

#define NODE2(name) "[[[\"" name "\", 0, 0, {}]]]"
#define NODE3(name)                                                                                \
    "[{\"args\": [{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [null, 9], "      \
    "\"dtype\": \"float32\", \"keras_history\": [\"" name                                          \
    "\", 0, 0]}}], \"kwargs\": {\"mask\": null, \"training\": false}}]"
#define NODE_LAYER(class_name, name, config, nodes)                                                \
    "{\"class_name\": \"" class_name "\", \"name\": \"" name "\", \"config\": {\"name\": \"" name  \
    "\"" config "}, \"inbound_nodes\": " nodes "}"
#define FUNCTIONAL(layers, inputs, outputs)                                                        \
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": [" layers          \
    "], \"input_layers\": " inputs ", \"output_layers\": " outputs "}}"
#define INPUT NODE_LAYER("InputLayer", "in", ", \"batch_input_shape\": [null, 9]", "[]")
#define DENSE(name, nodes) NODE_LAYER("Dense", name, ", \"units\": 2", nodes)

START_TEST(functional_chains) {
    static const char *const forms[] = {
        FUNCTIONAL(INPUT ", " DENSE("a", NODE2("in")) ", " DENSE("b", NODE2("a")),
                   "[[\"in\", 0, 0]]", "[[\"b\", 0, 0]]"),
        FUNCTIONAL(INPUT ", " DENSE("a", NODE3("in")) ", " DENSE("b", NODE3("a")), "[\"in\", 0, 0]",
                   "[\"b\", 0, 0]"),
        /* listed in another order than called */
        FUNCTIONAL(DENSE("b", NODE2("a")) ", " DENSE("a", NODE2("in")) ", " INPUT,
                   "[[\"in\", 0, 0]]", "[[\"b\", 0, 0]]"),
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        tlstm_model *model = parse(forms[i], NULL);
        ck_assert(model->functional);
        ck_assert_uint_eq(model->layer_count, 3);
        ck_assert_str_eq(model->layers[0]->name, "in");
        ck_assert_str_eq(model->layers[1]->name, "a");
        ck_assert_str_eq(model->layers[2]->name, "b");
        tlstm_error *error = NULL;
        char *json = NULL;
        TL_ASSERT_OK(tl_keras_model_to_json(model, &json, &error), error);
        tlstm_model *again = parse(json, NULL);
        ck_assert(again->functional);
        ck_assert_str_eq(again->layers[2]->name, "b");
        tl_model_free(again);
        tl_free(json);
        tl_model_free(model);
    }
}
END_TEST

START_TEST(other_graphs_are_refused) {
    const tlstm_status code = TLSTM_ERROR_UNSUPPORTED;
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", NODE2("in")) ", " DENSE("b", NODE2("in")),
                      "[[\"in\", 0, 0]]", "[[\"b\", 0, 0]]"),
           code, "in: the model is no chain");
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", "[[[\"in\", 0, 0, {}], [\"in\", 0, 0, {}]]]"),
                      "[[\"in\", 0, 0]]", "[[\"a\", 0, 0]]"),
           code, "a: the model is no chain");
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", "[[[\"in\", 0, 0, {}]], [[\"a\", 0, 0, {}]]]"),
                      "[[\"in\", 0, 0]]", "[[\"a\", 0, 0]]"),
           code, "a: the model is no chain");
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", NODE2("in")) ", " DENSE("b", NODE2("a")),
                      "[[\"in\", 0, 0]]", "[[\"a\", 0, 0], [\"b\", 0, 0]]"),
           code, "one output");
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", NODE2("in")) ", " DENSE("b", NODE2("a")),
                      "[[\"in\", 0, 0]]", "[[\"a\", 0, 0]]"),
           code, "not the last");
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", "[[[\"in\", 0, 0, {\"training\": true}]]]"),
                      "[[\"in\", 0, 0]]", "[[\"a\", 0, 0]]"),
           code, "arguments");
    /* a ring that the input never reaches */
    refuse(FUNCTIONAL(INPUT ", " DENSE("a", NODE2("b")) ", " DENSE("b", NODE2("a")),
                      "[[\"in\", 0, 0]]", "[[\"b\", 0, 0]]"),
           code, "not the last");
}
END_TEST

START_TEST(settings_that_change_numbers_are_refused) {
    static const char *const settings[] = {
        "\"return_state\": true",
        "\"time_major\": true",
        "\"zero_output_for_mask\": true",
        "\"activity_regularizer\": \"l2\"",
        "\"quantization_config\": {\"mode\": \"int8\"}",
        "\"lora_rank\": 4",
        "\"dtype\": \"complex64\"",
        ("\"dtype\": {\"class_name\": \"QuantizedDTypePolicy\", \"config\": "
         "{\"name\": \"int8_from_float32\"}}"),
        "\"dtype\": {\"class_name\": \"DTypePolicyMap\", \"config\": {\"policy_map\": {}}}",
        "\"activation\": \"my_activation\"",
        "\"activation\": {\"class_name\": \"LeakyReLU\", \"config\": {}}",
        "\"kernel_initializer\": \"my_initializer\"",
        "\"kernel_regularizer\": {\"class_name\": \"OrthogonalRegularizer\", \"config\": {}}",
        "\"kernel_constraint\": {\"class_name\": \"RadialConstraint\", \"config\": {}}",
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        char json[512], key[64];
        snprintf(json, sizeof(json),
                 SEQUENTIAL(LAYER("LSTM", "\"name\": \"lstm_7\", \"units\": 4, %s")), settings[i]);
        sscanf(settings[i], "\"%40[a-z_]", key);
        refuse(json, TLSTM_ERROR_UNSUPPORTED, "lstm_7");
        refuse(json, TLSTM_ERROR_UNSUPPORTED, key);
    }
    refuse(SEQUENTIAL(LAYER("Flatten", "\"data_format\": \"channels_first\"")),
           TLSTM_ERROR_UNSUPPORTED, "channels_first");
    refuse(SEQUENTIAL(LAYER("Conv2D", "\"name\": \"conv2d_3\"")), TLSTM_ERROR_UNSUPPORTED,
           "conv2d_3: layers of class Conv2D");
    refuse(SEQUENTIAL(LAYER("Sequential", "\"name\": \"inner\", \"layers\": []")),
           TLSTM_ERROR_UNSUPPORTED, "inside a model");
}
END_TEST

START_TEST(damaged_configurations_are_refused) {
    static const char *const broken[] = {
        "",
        "3",
        "null",
        "[]",
        "{}",
        "{\"class_name\": \"Sequential\"}",
        SEQUENTIAL("") "x",
        SEQUENTIAL(""),
        SEQUENTIAL("7"),
        SEQUENTIAL("{\"class_name\": \"LSTM\"}"),
        SEQUENTIAL(LAYER("LSTM", "\"name\": \"it\"")),
        SEQUENTIAL(LAYER("LSTM", "\"units\": \"5\"")),
        SEQUENTIAL(LAYER("LSTM", "\"units\": true")),
        SEQUENTIAL(LAYER("LSTM", "\"units\": null")),
        SEQUENTIAL(LAYER("LSTM", "\"units\": 4, \"trainable\": 7")),
        SEQUENTIAL(LAYER("LSTM", "\"units\": 4, \"use_bias\": 0.5")),
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        refuse(broken[i], TLSTM_ERROR_FORMAT, "");
    refuse(SEQUENTIAL(LAYER("LSTM", "\"units\": 0")), TLSTM_ERROR_ARGUMENT, "units");
    refuse(SEQUENTIAL(LAYER("LSTM", "\"units\": 5.5")), TLSTM_ERROR_ARGUMENT, "5.5");
    refuse(SEQUENTIAL(LAYER("LSTM", "\"units\": 4, \"dropout\": 1.5")), TLSTM_ERROR_ARGUMENT,
           "dropout");
    refuse(SEQUENTIAL(LAYER("GRU", "\"units\": 4, \"batch_shape\": [null, -3]")),
           TLSTM_ERROR_UNSUPPORTED, "input shape");
}
END_TEST

static const tl_recurrent_config *recurrent(const tlstm_model *model) {
    return model->layers[0]->config;
}

START_TEST(meanings_follow_the_version) {
    static const char json[] =
        SEQUENTIAL(LAYER("GRU", "\"units\": 4, \"activation\": \"hard_sigmoid\""));
    tlstm_model *keras1 = parse(json, "2.2.4"), *keras2 = parse(json, "2.15.0"),
                *keras3 = parse(json, "3.15.1");
    ck_assert_int_eq(recurrent(keras1)->activation->value, TLSTM_HARD_SIGMOID_KERAS2);
    ck_assert_int_eq(recurrent(keras2)->activation->value, TLSTM_HARD_SIGMOID_KERAS2);
    ck_assert_int_eq(recurrent(keras3)->activation->value, TLSTM_HARD_SIGMOID);
    /* What the configuration does not say was another default then. */
    ck_assert_int_eq(recurrent(keras1)->recurrent_activation->value, TLSTM_HARD_SIGMOID_KERAS2);
    ck_assert_int_eq(recurrent(keras2)->recurrent_activation->value, TLSTM_SIGMOID);
    ck_assert_int_eq(recurrent(keras1)->reset_after, 0);
    ck_assert_int_eq(recurrent(keras2)->reset_after, 1);
    /* The version goes with the meaning when it is written. */
    const char *version = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_version_for(keras3, &version, &error), error);
    ck_assert_str_eq(version, "3.0.0");
    TL_ASSERT_OK(tl_keras_version_for(keras2, &version, &error), error);
    ck_assert_str_eq(version, "2.15.0");
    tl_model_free(keras1);
    tl_model_free(keras2);
    tl_model_free(keras3);
    ck_assert_int_eq(tl_keras_generation("2.2.4-tf", NULL), 2);
    ck_assert_int_eq(tl_keras_generation("2.3.1", NULL), 2);
    ck_assert_int_eq(tl_keras_generation("2.1.6", NULL), 1);
    ck_assert_int_eq(tl_keras_generation("1.2.2", NULL), 1);
}
END_TEST

/* Without a version the look of the configuration tells: Keras 3 writes batch_shape. */
START_TEST(generations_are_recognised) {
    tlstm_model *model =
        parse(SEQUENTIAL(LAYER("InputLayer", "\"batch_shape\": [null, 4]") ", " LAYER(
                  "Dense", "\"units\": 1, \"activation\": \"hard_sigmoid\"")),
              NULL);
    const char *version = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_version_for(model, &version, &error), error);
    ck_assert_str_eq(version, "3.0.0");
    tl_model_free(model);
}
END_TEST

START_TEST(values_in_all_forms) {
    tlstm_model *model = parse(
        SEQUENTIAL(LAYER(
            "LSTM",
            "\"units\": 4.0, \"activation\": null, \"recurrent_activation\": {\"module\": "
            "\"builtins\", \"class_name\": \"function\", \"config\": \"relu\", "
            "\"registered_name\": \"function\"}, \"kernel_initializer\": \"he_normal\", "
            "\"recurrent_initializer\": {\"module\": \"keras.initializers\", \"class_name\": "
            "\"RandomNormal\", \"config\": {\"mean\": 0.5, \"stddev\": 2, \"seed\": null}, "
            "\"registered_name\": null}, \"kernel_regularizer\": {\"class_name\": \"L1L2\", "
            "\"config\": {\"l1\": 0.0, \"l2\": 0.25}}, \"recurrent_regularizer\": \"l1\", "
            "\"bias_constraint\": {\"class_name\": \"MaxNorm\", \"config\": {\"max_value\": 3, "
            "\"axis\": [0]}}, \"implementation\": 2, \"some_new_option\": 1")),
        NULL);
    const tl_recurrent_config *config = recurrent(model);
    ck_assert_int_eq(config->units, 4);
    ck_assert_int_eq(config->activation->value, TLSTM_LINEAR);
    ck_assert_int_eq(config->recurrent_activation->value, TLSTM_RELU);
    ck_assert_str_eq(config->kernel_initializer.class->class_name, "HeNormal");
    ck_assert_str_eq(config->recurrent_initializer.class->class_name, "RandomNormal");
    ck_assert(config->recurrent_initializer.mean == 0.5);
    ck_assert(config->recurrent_initializer.stddev == 2);
    ck_assert(config->kernel_regularizer.l1 == 0 && config->kernel_regularizer.l2 == 0.25);
    ck_assert(config->recurrent_regularizer.l1 == 0.01 && config->recurrent_regularizer.l2 == 0);
    ck_assert_int_eq(config->bias_constraint.kind, TL_MAX_NORM);
    ck_assert(config->bias_constraint.max_value == 3);
    /* What could not be used is told, once; what changes nothing is not. */
    ck_assert_uint_eq(model->note_count, 1);
    ck_assert_ptr_nonnull(strstr(model->notes[0].text, "some_new_option"));
    tl_model_free(model);
}
END_TEST

/* Settings that nobody knows, in any number and of any name: as many notes as people read, a line
 * each. */
START_TEST(notes_are_lines_and_not_endless) {
    tl_text settings = {0};
    tl_text_append(&settings, "\"units\": 4, \"a\\n\\u001b[2Jb\": 1");
    for (int i = 0; i < 5000; i++)
        tl_text_format(&settings, ", \"setting_%d\": 1", i);
    tl_text_append(&settings, ", \"long_");
    tl_text_repeat(&settings, "x", 50000);
    tl_text_append(&settings, "\": 1");
    tl_text json = {0};
    tl_text_format(
        &json,
        "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"LSTM\", "
        "\"config\": {\"name\": \"x\", \"batch_input_shape\": [null, 3, 2], %s}}]}}",
        settings.bytes);
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(
        tl_keras_parse_model("json", json.bytes, json.length, NULL, 0, &model, NULL, &error),
        error);
    ck_assert_uint_eq(model->note_count, 201);
    ck_assert_str_eq(model->notes[0].text, "layer x: the setting a  [2Jb is ignored");
    ck_assert_str_eq(model->notes[200].text, "and more of this kind, which is not told");
    tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, "%s", settings.bytes);
    ck_assert_uint_eq(model->note_count, 202);
    ck_assert_uint_lt(strlen(model->notes[201].text), 7000);
    tl_model_free(model);
    tl_text_clear(&json);
    tl_text_clear(&settings);
}
END_TEST

START_TEST(json_is_printed_as_python_does) {
    static const char text[] = "{\"a\": [1, 2.5, 0.1, true, null, \"\\u00e9\\n\"], \"b\": {}}";
    json_t *value = NULL;
    tlstm_error *error = NULL;
    char *printed = NULL;
    TL_ASSERT_OK(tl_json_parse("text", text, strlen(text), &value, &error), error);
    TL_ASSERT_OK(tl_json_print(value, &printed, &error), error);
    for (char *p = printed; *p; p++)
        ck_assert((unsigned char)*p < 128);
    /* jansson writes the digits of \u in upper case */
    ck_assert_str_eq(printed, "{\"a\": [1, 2.5, 0.1, true, null, \"\\u00E9\\n\"], \"b\": {}}");
    tl_free(printed);
    json_decref(value);
}
END_TEST

/* A part of the scenario below: jansson's own memory is not the library's. */
static tlstm_status read_and_write(void *context, tlstm_error **error) {
    const char *json = context;
    tlstm_model *model = NULL;
    char *text = NULL;
    tlstm_status status =
        tl_keras_parse_model("json", json, strlen(json), NULL, 1, &model, NULL, error);
    if (!status)
        status = tl_model_build(model, NULL, error);
    if (!status)
        status = tl_keras_model_to_json(model, &text, error);
    tl_free(text);
    tl_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    static char json[] = SEQUENTIAL(EMBEDDING ", " LAYER("LSTM", "\"units\": 2") ", " LAYER(
        "Dense", "\"units\": 1, \"name\": \"out\""));
    tl_test_fail_each_allocation(read_and_write, json);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    tcase_add_test(tests, each_field_of_each_layer_survives);
    tcase_add_test(tests, sequential_models_of_all_generations);
    tcase_add_test(tests, input_shapes_under_all_keys);
    tcase_add_test(tests, functional_chains);
    tcase_add_test(tests, other_graphs_are_refused);
    tcase_add_test(tests, settings_that_change_numbers_are_refused);
    tcase_add_test(tests, damaged_configurations_are_refused);
    tcase_add_test(tests, meanings_follow_the_version);
    tcase_add_test(tests, generations_are_recognised);
    tcase_add_test(tests, values_in_all_forms);
    tcase_add_test(tests, notes_are_lines_and_not_endless);
    tcase_add_test(tests, json_is_printed_as_python_does);
    tcase_add_test(tests, each_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
