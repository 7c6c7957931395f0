/* Weights from arrays: what NumPy, safetensors, PyTorch and Keras wrote (make_weights.py) computes
 * here what it computes there; by name from memory; and what is refused. */
#include "support.h"

#include "tinylstm/tinylstm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TL_SOURCE_ROOT "/tests/files/weights/"

/* ---- Cases ---- */

static tlstm_model *build(json_t *layers, json_t *input) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int64_t shape[TLSTM_MAX_DIMS];
    for (size_t i = 0; i < json_array_size(input); i++)
        shape[i] = json_integer_value(json_array_get(input, i));
    TL_ASSERT_OK(tlstm_model_new(NULL, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, json_array_size(input), shape, NULL, &error), error);
    for (size_t i = 0; i < json_array_size(layers); i++) {
        json_t *layer = json_array_get(layers, i);
        char *config = json_dumps(json_array_get(layer, 1), 0);
        TL_ASSERT_OK(tlstm_model_add_layer(model, json_string_value(json_array_get(layer, 0)),
                                           config, &error),
                     error);
        free(config);
    }
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

static tlstm_array *make_x(json_t *about, const tlstm_model *model) {
    json_t *input = json_object_get(about, "input"), *x = json_object_get(about, "x");
    int64_t shape[TLSTM_MAX_DIMS] = {json_integer_value(json_object_get(about, "samples"))};
    const int tokens = strcmp(tlstm_model_layer_class(model, 1), "Embedding") == 0;
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    for (size_t i = 0; i < json_array_size(input); i++)
        shape[i + 1] = json_integer_value(json_array_get(input, i));
    TL_ASSERT_OK(tlstm_array_new(tokens ? TLSTM_INT32 : TLSTM_FLOAT32, json_array_size(input) + 1,
                                 shape, &array, &error),
                 error);
    ck_assert_uint_eq(tlstm_array_size(array), json_array_size(x));
    for (size_t i = 0; i < json_array_size(x); i++) {
        const double value = json_number_value(json_array_get(x, i));
        if (tokens)
            ((int32_t *)tlstm_array_mutable_data(array))[i] = (int32_t)value;
        else
            ((float *)tlstm_array_mutable_data(array))[i] = (float)value;
    }
    return array;
}

static void check_outputs(const tlstm_model *model, json_t *about) {
    tlstm_array *x = make_x(about, model), *y = NULL;
    json_t *wanted = json_object_get(about, "y");
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_predict(model, x, NULL, &y, &error), error);
    ck_assert_uint_eq(tlstm_array_size(y), json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(wanted); i++)
        ck_assert_double_eq_tol(((const float *)tlstm_array_data(y))[i],
                                json_number_value(json_array_get(wanted, i)), 1e-6);
    tlstm_array_free(y);
    tlstm_array_free(x);
}

/* The options of a case, and the map's names, which the case owns. */
typedef struct mapped {
    tlstm_weights_options options;
    const char *modules[4], *layers[4];
} mapped;

static void read_options(json_t *about, mapped *to) {
    json_t *map = json_object_get(about, "map");
    const char *order = json_string_value(json_object_get(about, "order"));
    tlstm_weights_options_init(&to->options);
    to->options.order = strcmp(order, "pytorch") == 0 ? TLSTM_PYTORCH_ORDER : TLSTM_KERAS_ORDER;
    to->options.module_count = json_array_size(map);
    to->options.modules = to->modules;
    to->options.layers = to->layers;
    for (size_t i = 0; i < json_array_size(map); i++) {
        to->modules[i] = json_string_value(json_array_get(json_array_get(map, i), 0));
        to->layers[i] = json_string_value(json_array_get(json_array_get(map, i), 1));
    }
}

static void check_note(const tlstm_model *model, const char *part) {
    ck_assert_uint_eq(tlstm_model_notes(model), *part ? 1 : 0);
    if (*part)
        ck_assert_int_eq(tlstm_model_note_kind(model, 0), TLSTM_NOTE_CONVERTED);
    if (*part)
        ck_assert_msg(strstr(tlstm_model_note(model, 0), part) != NULL, "%s: not about %s",
                      tlstm_model_note(model, 0), part);
}

static json_t *load_cases(void) {
    json_t *cases = tl_test_json(FOLDER "cases.json");
    ck_assert_uint_ge(json_array_size(cases), 18);
    return cases;
}

static json_t *find_case(json_t *cases, const char *file) {
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *about = json_array_get(cases, i);
        if (strcmp(json_string_value(json_object_get(about, "file")), file) == 0)
            return about;
    }
    ck_abort_msg("no case %s", file);
}

static const char *path_of(const char *file) {
    static char path[1024];
    snprintf(path, sizeof path, FOLDER "%s", file);
    return path;
}

START_TEST(outputs_are_those_of_the_source) {
    json_t *cases = load_cases();
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *about = json_array_get(cases, i);
        const char *file = json_string_value(json_object_get(about, "file"));
        tlstm_model *model =
            build(json_object_get(about, "layers"), json_object_get(about, "input"));
        mapped chosen;
        tlstm_error *error = NULL;
        read_options(about, &chosen);
        tlstm_status status =
            tlstm_model_import_weights(model, path_of(file), &chosen.options, &error);
        ck_assert_msg(status == TLSTM_OK, "%s: %s: %s", file, tlstm_error_where(error),
                      tlstm_error_message(error));
        check_outputs(model, about);
        check_note(model, json_string_value(json_object_get(about, "note")));
        tlstm_model_free(model);
    }
    json_decref(cases);
}
END_TEST

/* ---- In memory ---- */

static tlstm_array *filled(size_t ndim, int64_t rows, int64_t columns, float first) {
    const int64_t shape[] = {rows, columns};
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_new(TLSTM_FLOAT32, ndim, shape, &array, &error), error);
    for (size_t i = 0; i < tlstm_array_size(array); i++)
        ((float *)tlstm_array_mutable_data(array))[i] = first + (float)i;
    return array;
}

/* Input (2, 3), an LSTM, GRU or SimpleRNN of 2 units. */
static tlstm_model *small(const char *class_name, const char *config) {
    const int64_t shape[] = {2, 3};
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_new(NULL, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, 2, shape, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_layer(model, class_name, config, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

START_TEST(a_weight_has_a_layer_and_a_name) {
    tlstm_model *model = small("LSTM", "{\"units\": 2}");
    tlstm_array *value = filled(2, 2, 8, 0.5F), *copy = NULL, *wrong = filled(2, 8, 2, 0);
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_set_layer_weight(model, "lstm", "recurrent_kernel", value, &error),
                 error);
    TL_ASSERT_OK(tlstm_model_get_layer_weight(model, "lstm", "recurrent_kernel", &copy, &error),
                 error);
    ck_assert_mem_eq(tlstm_array_data(copy), tlstm_array_data(value), 16 * sizeof(float));
    tlstm_array_free(copy);
    TL_ASSERT_OK(tlstm_model_get_weight(model, 1, &copy, &error), error);
    ck_assert_mem_eq(tlstm_array_data(copy), tlstm_array_data(value), 16 * sizeof(float));
    TL_ASSERT_FAILS(tlstm_model_set_layer_weight(model, "lstm", "recurrent_kernel", wrong, &error),
                    TLSTM_ERROR_SHAPE, error, "(2, 8)");
    TL_ASSERT_FAILS(tlstm_model_set_layer_weight(model, "lstm", "kernels", value, &error),
                    TLSTM_ERROR_ARGUMENT, error, "kernels");
    TL_ASSERT_FAILS(tlstm_model_set_layer_weight(model, "gru", "kernel", value, &error),
                    TLSTM_ERROR_ARGUMENT, error, "gru");
    TL_ASSERT_FAILS(tlstm_model_get_layer_weight(model, NULL, "kernel", &copy, &error),
                    TLSTM_ERROR_ARGUMENT, error, "layer");
    tlstm_array_free(wrong);
    tlstm_array_free(copy);
    tlstm_array_free(value);
    tlstm_model_free(model);
}
END_TEST

/* Each number tells where it comes from, so that each place can be looked at by itself. */
START_TEST(gates_go_where_they_belong) {
    tlstm_model *model = small("GRU", "{\"units\": 2}");
    /* r, z, n, each of two units */
    tlstm_array *values[] = {filled(2, 6, 3, 100), filled(2, 6, 2, 200), filled(1, 6, 1, 300),
                             filled(1, 6, 1, 400)};
    tlstm_weights_options options = TLSTM_WEIGHTS_OPTIONS_INIT;
    tlstm_error *error = NULL;
    tlstm_array *kernel = NULL, *bias = NULL;
    options.order = TLSTM_PYTORCH_ORDER;
    TL_ASSERT_OK(tlstm_model_import_arrays(model, NULL, (const tlstm_array *const *)values, 4,
                                           &options, &error),
                 error);
    TL_ASSERT_OK(tlstm_model_get_layer_weight(model, "gru", "kernel", &kernel, &error), error);
    TL_ASSERT_OK(tlstm_model_get_layer_weight(model, "gru", "bias", &bias, &error), error);
    /* z, r, h: rows 2, 3, 0, 1, 4, 5 of PyTorch's; its row o, column i is 100 + 3 o + i */
    static const float first[] = {106, 109, 100, 103, 112, 115};
    static const float biases[] = {302, 303, 300, 301, 304, 305, 402, 403, 400, 401, 404, 405};
    ck_assert_mem_eq(tlstm_array_data(kernel), first, sizeof first);
    ck_assert_float_eq(((const float *)tlstm_array_data(kernel))[6], 107);
    ck_assert_mem_eq(tlstm_array_data(bias), biases, sizeof biases);
    tlstm_array_free(bias);
    tlstm_array_free(kernel);
    for (size_t i = 0; i < 4; i++)
        tlstm_array_free(values[i]);
    tlstm_model_free(model);
}
END_TEST

START_TEST(biases_of_an_lstm_are_added_up) {
    tlstm_model *model = small("LSTM", "{\"units\": 2}");
    static const char *const names[] = {"bias_hh", "weight_hh", "bias_ih", "weight_ih"};
    tlstm_array *values[] = {filled(1, 8, 1, 1000), filled(2, 8, 2, 0), filled(1, 8, 1, 10),
                             filled(2, 8, 3, 0)};
    tlstm_weights_options options = TLSTM_WEIGHTS_OPTIONS_INIT;
    tlstm_error *error = NULL;
    tlstm_array *bias = NULL;
    options.order = TLSTM_PYTORCH_ORDER;
    TL_ASSERT_OK(tlstm_model_import_arrays(model, names, (const tlstm_array *const *)values, 4,
                                           &options, &error),
                 error);
    TL_ASSERT_OK(tlstm_model_get_layer_weight(model, "lstm", "bias", &bias, &error), error);
    for (size_t i = 0; i < 8; i++)
        ck_assert_float_eq(((const float *)tlstm_array_data(bias))[i], 1010 + 2 * (float)i);
    tlstm_array_free(bias);
    for (size_t i = 0; i < 4; i++)
        tlstm_array_free(values[i]);
    tlstm_model_free(model);
}
END_TEST

/* ---- What is refused ---- */

static float *copy_weights(const tlstm_model *model, size_t *size) {
    tlstm_array *value = NULL;
    tlstm_error *error = NULL;
    float *all = NULL;
    *size = 0;
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        TL_ASSERT_OK(tlstm_model_get_weight(model, i, &value, &error), error);
        const size_t count = tlstm_array_size(value);
        all = realloc(all, (*size + count) * sizeof *all);
        memcpy(all + *size, tlstm_array_data(value), count * sizeof *all);
        *size += count;
        tlstm_array_free(value);
        value = NULL;
    }
    return all;
}

/* Names, a letter for each array's shape as below, order, status, and a part of what is said. */
typedef struct refusal {
    const char *names[8];
    int32_t order;
    const char *module, *layer;
    tlstm_status status;
    const char *part;
} refusal;

/* Dense (3 to 3) named "a", Dense (3 to 3) named "b", Dense (3 to 2) named "c" without bias. */
static tlstm_model *three(void) {
    const int64_t shape[] = {3};
    static const char *const configs[] = {"{\"name\": \"a\", \"units\": 3}",
                                          "{\"name\": \"b\", \"units\": 3}",
                                          "{\"name\": \"c\", \"units\": 2, \"use_bias\": false}"};
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_new(NULL, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, 1, shape, NULL, &error), error);
    for (size_t i = 0; i < 3; i++)
        TL_ASSERT_OK(tlstm_model_add_layer(model, "Dense", configs[i], &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

/* Behind a name stands its shape: "!" (3, 3), "?" (3), "+" (3, 2), "-" (2, 3). */
static tlstm_array *shaped(const char *name, char *bare) {
    const size_t length = strlen(name) - 1;
    memcpy(bare, name, length);
    bare[length] = '\0';
    switch (name[length]) {
    case '!':
        return filled(2, 3, 3, 1);
    case '?':
        return filled(1, 3, 1, 2);
    case '+':
        return filled(2, 3, 2, 3);
    default:
        return filled(2, 2, 3, 4);
    }
}

static const refusal refusals[] = {
    /* Keras's order */
    {{"a/kernel!", "a/bias?", "b/kernel!", "b/bias?"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "c/kernel"},
    {{"a/kernel!", "a/bias?", "b/kernel!", "b/bias?", "c/kernel+", "c/bias?"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "c/bias"},
    {{"a/kernel!", "a/bias?", "b/kernel!", "b/bias?", "d/kernel+"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "d/kernel"},
    {{"a/kernel!", "a/bias?", "b/kernel!", "b/bias?", "c/kernel-"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "(3, 2), got (2, 3)"},
    {{"kernel!", "a/bias?", "b/kernel!", "b/bias?", "c/kernel+"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "ambiguous"},
    {{"a/b/kernel!", "a/bias?", "b/kernel!", "b/bias?", "c/kernel+"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "a/b/kernel"},
    {{"a/kernel!", "a/kernel:0!", "a/bias?", "b/kernel!", "b/bias?", "c/kernel+"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "twice"},
    {{"a.kernel!", "a.weight_ih_l0!"}, 0, NULL, NULL, TLSTM_ERROR_SHAPE, "PyTorch"},
    {{"arr_0!", "arr_1?", "arr_2!", "arr_3?"},
     0,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "5 weights, got 4"},
    {{"arr_0!", "arr_1?", "arr_2?", "arr_3!", "arr_4+"}, 0, NULL, NULL, TLSTM_ERROR_SHAPE, "arr_2"},
    {{"arr_0!", "arr_1?", "arr_2!", "arr_3?", "arr_5+"}, 0, NULL, NULL, TLSTM_ERROR_SHAPE, "arr_0"},
    {{"0!", "1?", "2!", "3?", "4+"}, 0, "0", "a", TLSTM_ERROR_ARGUMENT, "nothing to map"},
    {{"z/kernel!", "z/bias?", "b/kernel!", "b/bias?", "c/kernel+"},
     0,
     "zz",
     "a",
     TLSTM_ERROR_ARGUMENT,
     "zz"},
    {{"z/kernel!", "z/bias?", "b/kernel!", "b/bias?", "c/kernel+"},
     0,
     "z",
     "aa",
     TLSTM_ERROR_ARGUMENT,
     "aa"},
    {{"a/kernel!"}, 7, NULL, NULL, TLSTM_ERROR_ARGUMENT, "order"},
    /* PyTorch's */
    {{"x.weight!", "x.bias?", "y.weight!", "y.bias?", "z.weight-"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "ambiguous"},
    {{"b.weight!", "b.bias?", "y.weight!", "y.bias?", "z.weight-"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "ambiguous"},
    {{"a.weight!", "a.bias?", "b.weight!", "b.bias?", "b.0.weight!", "b.0.bias?", "z.weight-"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "3 modules"},
    {{"f1.weight!", "f1.bias?", "c.weight-"}, 1, NULL, NULL, TLSTM_ERROR_SHAPE, "1 modules"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?"}, 1, NULL, NULL, TLSTM_ERROR_SHAPE, "c"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight+"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "(2, 3), got (3, 2)"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "norm.running_mean?"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "norm.running_mean"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "d.weight!"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "d.weight"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "d.bias?"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "d.bias"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "r.weight_ih_l0_reverse!"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_UNSUPPORTED,
     "bidirectional"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "r.weight_hr_l0!"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_UNSUPPORTED,
     "proj_size"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-", "r.weight_ih_l0!",
      "r.weight_ih!"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "same array"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-"},
     1,
     "f3",
     "a",
     TLSTM_ERROR_ARGUMENT,
     "f3"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "c.weight-"},
     1,
     "f1",
     "c",
     TLSTM_ERROR_SHAPE,
     "(2, 3), got (3, 3)"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?", "z.weight-", "z.bias!"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "c has no bias"},
    {{"f1.weight!", "f1.bias?", "f2.weight!", "c.weight-"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_SHAPE,
     "modules"},
    /* "c" fits the first of two by its number, and is called as the third */
    {{"b.weight!", "b.bias?", "c.weight!", "c.bias?", "d.weight-"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "ambiguous"},
    {{"a.weight-", "f1.weight!", "f1.bias?", "f2.weight!", "f2.bias?"},
     1,
     NULL,
     NULL,
     TLSTM_ERROR_ARGUMENT,
     "by its name it is the layer a"},
    {{"0!", "1?", "2!", "3?"}, 1, NULL, NULL, TLSTM_ERROR_SHAPE, "only 4"},
    {{"0!", "1?", "2!", "3?", "4-", "5?"}, 1, NULL, NULL, TLSTM_ERROR_SHAPE, "5"},
    {{"0?", "1!", "2!", "3?", "4-"}, 1, NULL, NULL, TLSTM_ERROR_SHAPE, "0"},
};

static void check_refusal(const refusal *wanted) {
    tlstm_model *model = three();
    tlstm_weights_options options = TLSTM_WEIGHTS_OPTIONS_INIT;
    char bare[8][64];
    const char *names[8];
    const tlstm_array *values[8];
    size_t count = 0, size = 0;
    tlstm_error *error = NULL;
    float *before = copy_weights(model, &size);
    for (; count < 8 && wanted->names[count]; count++) {
        values[count] = shaped(wanted->names[count], bare[count]);
        names[count] = bare[count];
    }
    options.order = wanted->order;
    options.module_count = wanted->module != NULL;
    options.modules = &wanted->module;
    options.layers = &wanted->layer;
    TL_ASSERT_FAILS(tlstm_model_import_arrays(model, names, values, count, &options, &error),
                    wanted->status, error, wanted->part);
    float *after = copy_weights(model, &size);
    ck_assert_mem_eq(before, after, size * sizeof *after);
    ck_assert_uint_eq(tlstm_model_notes(model), 0);
    for (size_t i = 0; i < count; i++)
        tlstm_array_free((tlstm_array *)values[i]);
    free(before);
    free(after);
    tlstm_model_free(model);
}

START_TEST(what_is_amiss_is_named) {
    check_refusal(&refusals[_i]);
}
END_TEST

START_TEST(other_forms_are_refused) {
    tlstm_weights_options options = TLSTM_WEIGHTS_OPTIONS_INIT;
    tlstm_error *error = NULL;
    tlstm_model *before = small("GRU", "{\"units\": 2, \"reset_after\": false}");
    tlstm_array *values[] = {filled(2, 6, 3, 1), filled(2, 6, 2, 1)}, *whole = NULL;
    const int64_t shape[] = {3};
    options.order = TLSTM_PYTORCH_ORDER;
    TL_ASSERT_FAILS(tlstm_model_import_arrays(before, NULL, (const tlstm_array *const *)values, 2,
                                              &options, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "reset_after");
    tlstm_model_free(before);
    TL_ASSERT_OK(tlstm_array_new(TLSTM_INT32, 1, shape, &whole, &error), error);
    tlstm_model *model = three();
    const tlstm_array *five[] = {filled(2, 3, 3, 1), whole, filled(2, 3, 3, 1), filled(1, 3, 1, 1),
                                 filled(2, 3, 2, 1)};
    TL_ASSERT_FAILS(tlstm_model_import_arrays(model, NULL, five, 5, NULL, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "values:1");
    five[1] = NULL;
    TL_ASSERT_FAILS(tlstm_model_import_arrays(model, NULL, five, 5, NULL, &error),
                    TLSTM_ERROR_ARGUMENT, error, "NULL");
    for (size_t i = 0; i < 5; i++)
        tlstm_array_free((tlstm_array *)five[i]);
    tlstm_array_free(values[0]);
    tlstm_array_free(values[1]);
    tlstm_array_free(whole);
    tlstm_model_free(model);
}
END_TEST

/* ---- Memory ---- */

typedef struct context {
    const char *path;
    mapped chosen;
    json_t *about;
} context;

static tlstm_status import_once(void *given, tlstm_error **error) {
    const context *of = given;
    tlstm_model *model = NULL;
    int64_t shape[] = {6};
    tlstm_status status = tlstm_model_new(NULL, 1, &model, error);
    if (!status)
        status = tlstm_model_add_input(model, 1, shape, NULL, error);
    if (!status)
        status = tlstm_model_add_embedding(model, 12, 4, NULL, error);
    if (!status)
        status = tlstm_model_add_lstm(model, 5, NULL, error);
    if (!status)
        status = tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, error);
    if (!status)
        status = tlstm_model_import_weights(model, of->path, &of->chosen.options, error);
    tlstm_model_free(model);
    return status;
}

START_TEST(memory_may_end_anywhere) {
    json_t *cases = load_cases();
    static const char *const files[] = {"torch-lstm.npz", "torch-lstm.safetensors"};
    for (size_t i = 0; i < 2; i++) {
        context of = {.path = path_of(files[i])};
        read_options(find_case(cases, files[i]), &of.chosen);
        tl_test_fail_each_allocation(import_once, &of);
    }
    json_decref(cases);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("import");
    TCase *sources = tcase_create("sources"), *refused = tcase_create("refused");
    tcase_set_timeout(sources, 60);
    tcase_add_test(sources, outputs_are_those_of_the_source);
    tcase_add_test(sources, a_weight_has_a_layer_and_a_name);
    tcase_add_test(sources, gates_go_where_they_belong);
    tcase_add_test(sources, biases_of_an_lstm_are_added_up);
    tcase_add_test(sources, memory_may_end_anywhere);
    tcase_add_loop_test(refused, what_is_amiss_is_named, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(refused, other_forms_are_refused);
    suite_add_tcase(suite, sources);
    suite_add_tcase(suite, refused);
    return tl_test_run(suite);
}
