/*
 * Gradients of every layer, activation and loss, in the combinations that take different ways
 * through the code, against finite differences of the oracle (oracle.h), which is in double
 * precision. Outputs and losses are compared on the way.
 *
 * A suite per layer; a failed case says its JSON.
 */
#include "kernels/kernels.h"
#include "oracle.h"
#include "support.h"

#include "tinylstm/tinylstm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_OUTPUT 2e-6
#define LIMIT_GRADIENT 1e-5
/* Half a rounding of a probability, from which gradients begin: where samples cancel out, no more
 * is left of them. */
#define ROUNDING 2e-8
#define VOCABULARY 9
#define MOST_WEIGHTS 16

/* What a case is, besides its layers. */
typedef struct setting {
    const char *layers; /* JSON of the layers after the input layer, separated by commas */
    size_t samples;
    size_t timesteps;
    size_t features; /* 0: tokens */
    int loss;
    int is_keras2;
    int is_steep; /* small weights, for functions that grow without bound */
} setting;

static const char *const loss_names[] = {"binary_crossentropy", "categorical_crossentropy",
                                         "sparse_categorical_crossentropy", "mse"};

/* ---- Random numbers: the same on every machine ---- */

static uint64_t state;

static double uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

/* Between -1 and 1, and exactly a float, so that library and oracle get the same number. */
static double small(void) {
    return (double)(float)(2 * uniform() - 1);
}

/* ---- Building ---- */

static char *model_json(const setting *of) {
    char input[64];
    if (of->features)
        snprintf(input, sizeof input, "%zu, %zu", of->timesteps, of->features);
    else
        snprintf(input, sizeof input, "%zu", of->timesteps);
    /* Keras 2's to_json() ends in keras_version, Keras 3's begins with a module. */
    const char *format = "{%s\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", "
                         "\"layers\": [{\"class_name\": \"InputLayer\", \"config\": {\"%s\": "
                         "[null, %s], \"dtype\": \"%s\", \"name\": \"x\"}}, %s]}%s}";
    size_t room = strlen(format) + strlen(of->layers) + 256;
    char *json = malloc(room);
    ck_assert_ptr_nonnull(json);
    snprintf(json, room, format,
             of->is_keras2 ? "" : "\"module\": \"keras\", \"registered_name\": null, ",
             of->is_keras2 ? "batch_input_shape" : "batch_shape", input,
             of->features ? "float32" : "int32", of->layers,
             of->is_keras2 ? ", \"keras_version\": \"2.15.0\", \"backend\": \"tensorflow\"" : "");
    return json;
}

static tlstm_model *build(const setting *of) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    char *json = model_json(of);
    TL_ASSERT_OK(tlstm_model_from_json(json, strlen(json), 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_optimizer_new("sgd", &optimizer, &error), error);
    TL_ASSERT_OK(tlstm_loss_new(loss_names[of->loss], &loss, &error), error);
    TL_ASSERT_OK(tlstm_model_compile(model, optimizer, loss, NULL, 0, &error), error);
    tlstm_optimizer_free(optimizer);
    tlstm_loss_free(loss);
    free(json);
    return model;
}

/* Random weights for both. */
static void set_weights(tlstm_model *model, oracle_weight *weights, double scale) {
    tlstm_error *error = NULL;
    ck_assert_uint_le(tlstm_model_weights(model), MOST_WEIGHTS);
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        tlstm_array *array = NULL;
        TL_ASSERT_OK(tlstm_model_get_weight(model, i, &array, &error), error);
        float *values = tlstm_array_mutable_data(array);
        weights[i].count = tlstm_array_size(array);
        weights[i].values = calloc(weights[i].count + 1, sizeof(double));
        for (size_t k = 0; k < weights[i].count; k++)
            values[k] = (float)(weights[i].values[k] = scale * small());
        TL_ASSERT_OK(tlstm_model_set_weight(model, i, array, &error), error);
        tlstm_array_free(array);
    }
}

static double *make_inputs(const setting *of) {
    size_t width = of->features ? of->features : 1;
    double *x = calloc(of->samples * of->timesteps * width + 1, sizeof *x);
    for (size_t i = 0; i < of->samples * of->timesteps * width; i++)
        x[i] = of->features ? small() : floor(uniform() * VOCABULARY);
    /* A row of nothing but padding. */
    for (size_t t = 0; t < of->timesteps && !of->features && of->samples > 2; t++)
        x[of->timesteps + t] = 0;
    return x;
}

/* Targets for `rows` rows of `width` outputs, as the loss wants them. */
static double *make_targets(const setting *of, size_t rows, size_t width) {
    size_t per_row = of->loss == ORACLE_SPARSE ? 1 : width;
    double *y = calloc(rows * per_row + 1, sizeof *y);
    for (size_t row = 0; row < rows; row++) {
        size_t class_number = (size_t)(uniform() * (double)width);
        for (size_t i = 0; i < per_row; i++)
            y[row * per_row + i] = of->loss == ORACLE_SPARSE        ? (double)class_number
                                   : of->loss == ORACLE_CATEGORICAL ? i == class_number
                                   : of->loss == ORACLE_BINARY      ? uniform() < 0.5
                                                                    : small();
    }
    return y;
}

/* An array of the library with the oracle's numbers. */
static tlstm_array *array_of(const double *values, tlstm_dtype dtype, size_t ndim,
                             const int64_t *shape) {
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_new(dtype, ndim, shape, &array, &error), error);
    void *data = tlstm_array_mutable_data(array);
    for (size_t i = 0; i < tlstm_array_size(array); i++)
        if (dtype == TLSTM_FLOAT32)
            ((float *)data)[i] = (float)values[i];
        else
            ((int32_t *)data)[i] = (int32_t)values[i];
    return array;
}

/* ---- Comparing ---- */

static void check_outputs(const setting *of, const tlstm_model *model, const oracle *truth,
                          const tlstm_array *x, const tlstm_array *y, double loss) {
    tlstm_array *outputs = NULL;
    tlstm_error *error = NULL;
    double values[4] = {NAN};
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = (int64_t)of->samples;
    TL_ASSERT_OK(tlstm_model_predict(model, x, &options, &outputs, &error), error);
    ck_assert_uint_eq(tlstm_array_size(outputs), of->samples * oracle_output_size(truth));
    const float *ours = tlstm_array_data(outputs);
    for (size_t i = 0; i < tlstm_array_size(outputs); i++)
        ck_assert_msg(fabs((double)ours[i] - truth->outputs[i]) <=
                          LIMIT_OUTPUT * fmax(1, fabs(truth->outputs[i])),
                      "output %zu is %.9g instead of %.9g in %s", i, (double)ours[i],
                      truth->outputs[i], of->layers);
    TL_ASSERT_OK(tlstm_model_evaluate(model, x, y, &options, values, 4, NULL, &error), error);
    ck_assert_msg(fabs(values[0] - loss) <= LIMIT_OUTPUT * fmax(1, fabs(loss)),
                  "the loss is %.9g instead of %.9g in %s", values[0], loss, of->layers);
    tlstm_array_free(outputs);
}

/* The oracle's gradient of one weight; free() it. */
static double *true_gradient(const oracle *truth, size_t weight) {
    size_t count = truth->weights[weight].count;
    double *gradient = calloc(count + 1, sizeof *gradient);
    for (size_t i = 0; i < count; i++)
        gradient[i] = oracle_derivative(truth, weight, i);
    return gradient;
}

static double largest_of(const double *values, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

static void check_gradient(const setting *of, const tlstm_model *model, const double *expected,
                           size_t weight, const tlstm_array *x, const tlstm_array *y) {
    tlstm_array *gradient = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_gradient(model, x, y, NULL, weight, &gradient, &error), error);
    size_t count = tlstm_array_size(gradient);
    double limit = fmax(ROUNDING, LIMIT_GRADIENT * largest_of(expected, count));
    const float *ours = tlstm_array_data(gradient);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)ours[i] - expected[i]) <= limit,
                      "%s[%zu]: %.9g instead of %.9g (limit %.3g) in %s",
                      tlstm_model_weight_name(model, weight), i, (double)ours[i], expected[i],
                      limit, of->layers);
    tlstm_array_free(gradient);
}

static void check_gradients(const setting *of, const tlstm_model *model, const oracle *truth,
                            const tlstm_array *x, const tlstm_array *y) {
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        double *expected = true_gradient(truth, i);
        check_gradient(of, model, expected, i, x, y);
        free(expected);
    }
}

static void check(const setting *of) {
    oracle_weight weights[MOST_WEIGHTS] = {{NULL, 0}};
    char *json = model_json(of);
    json_t *parsed = json_loads(json, 0, NULL);
    ck_assert_msg(parsed != NULL, "%s", json);
    tlstm_model *model = build(of);
    state = 12345 + strlen(of->layers) * 31 + of->samples;
    set_weights(model, weights, of->is_steep ? 0.25 : 1);
    oracle truth = {.layers = json_object_get(json_object_get(parsed, "config"), "layers"),
                    .is_keras2 = of->is_keras2,
                    .loss = of->loss,
                    .weights = weights,
                    .samples = of->samples,
                    .timesteps = of->timesteps,
                    .features = of->features};
    double *x = make_inputs(of);
    truth.x = x;
    /* The outputs' shape tells that of the targets. */
    int64_t sizes[TLSTM_MAX_DIMS] = {(int64_t)of->samples};
    size_t ndim = 1 + tlstm_model_layer_output(model, tlstm_model_layers(model) - 1, sizes + 1);
    size_t width = (size_t)sizes[ndim - 1];
    size_t rows = of->samples * oracle_output_size(&truth) / width;
    double *y = make_targets(of, rows, width);
    double *outputs = calloc(rows * width + 1, sizeof *outputs);
    truth.y = y;
    truth.outputs = outputs;
    double loss = oracle_loss(&truth);

    int64_t x_shape[] = {(int64_t)of->samples, (int64_t)of->timesteps, (int64_t)of->features};
    int is_sparse = of->loss == ORACLE_SPARSE;
    tlstm_array *x_array =
        array_of(x, of->features ? TLSTM_FLOAT32 : TLSTM_INT32, of->features ? 3 : 2, x_shape);
    tlstm_array *y_array =
        array_of(y, is_sparse ? TLSTM_INT32 : TLSTM_FLOAT32, is_sparse ? ndim - 1 : ndim, sizes);
    check_outputs(of, model, &truth, x_array, y_array, loss);
    truth.outputs = NULL;
    check_gradients(of, model, &truth, x_array, y_array);

    tlstm_array_free(x_array);
    tlstm_array_free(y_array);
    tlstm_model_free(model);
    for (size_t i = 0; i < MOST_WEIGHTS; i++)
        free(weights[i].values);
    free(outputs);
    free(y);
    free(x);
    json_decref(parsed);
    free(json);
}

/* ---- JSON of layers ---- */

#define EMBEDDING(mask)                                                                            \
    "{\"class_name\": \"Embedding\", \"config\": {\"name\": \"e\", \"input_dim\": 9, "             \
    "\"output_dim\": 3, \"mask_zero\": " mask "}}, "
#define DENSE(units, activation)                                                                   \
    "{\"class_name\": \"Dense\", \"config\": {\"units\": " units ", \"activation\": \"" activation \
    "\"}}"

typedef struct recurrent_kind {
    const char *class_name;
    const char *more;
} recurrent_kind;

static const recurrent_kind kinds[] = {
    {"LSTM", ""},
    {"GRU", ", \"reset_after\": true"},
    {"GRU", ", \"reset_after\": false"},
    {"SimpleRNN", ""},
};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* before, the recurrent layer with `options`, behind */
static void check_recurrent(const recurrent_kind *kind, setting of, const char *before,
                            const char *options, int units, const char *behind) {
    char layers[1600];
    snprintf(layers, sizeof layers,
             "%s{\"class_name\": \"%s\", \"config\": {\"name\": \"r\", \"units\": %d%s%s}}, %s",
             before, kind->class_name, units, kind->more, options, behind);
    of.layers = layers;
    check(&of);
}

static const setting on_tokens = {NULL, 7, 6, 0, ORACLE_BINARY, 1, 0};
static const setting on_features = {NULL, 7, 6, 4, ORACLE_BINARY, 1, 0};

/* Widths and batches around the sizes of registers and tiles; wide with few samples, which is what
 * finite differences can pay for. */
START_TEST(recurrent_sizes) {
    static const int units[] = {1, 3, 8, 9, 16, 17};
    static const size_t on_x[] = {35, 17, 16, 5, 3, 2}, on_words[] = {33, 18, 15, 4, 2, 1};
    for (size_t i = 0; i < 6; i++) {
        setting of = on_features;
        of.samples = on_x[i];
        check_recurrent(&kinds[_i], of, "", "", units[i], DENSE("1", "sigmoid"));
        of = on_tokens;
        of.samples = on_words[i];
        check_recurrent(&kinds[_i], of, EMBEDDING("false"), "", units[i], DENSE("1", "sigmoid"));
    }
}
END_TEST

/* So wide that kernels are packed and gradients are made of copies. */
START_TEST(recurrent_packed) {
    setting of = on_features;
    of.samples = 2;
    check_recurrent(&kinds[_i], of, "", "", 37, DENSE("1", "sigmoid"));
}
END_TEST

/* Units in the lanes, and samples in the lanes. */
static void check_both_ways(const recurrent_kind *kind, setting of, const char *before,
                            const char *options, const char *behind) {
    const size_t lanes = tl_kernels_get()->lanes, fewer = tl_kernels_for_units(8)->lanes;
    check_recurrent(kind, of, before, options, (int)lanes, behind);
    if (fewer != lanes) /* other kernels make their products */
        check_recurrent(kind, of, before, options, (int)fewer, behind);
    check_recurrent(kind, of, before, options, 5, behind);
}

START_TEST(recurrent_options) {
    static const char *const options[] = {
        "",
        ", \"use_bias\": false",
        ", \"go_backwards\": true",
        ", \"dropout\": 0.4, \"recurrent_dropout\": 0.3",
        ", \"return_sequences\": true",
        ", \"return_sequences\": true, \"go_backwards\": true",
        ", \"use_bias\": false, \"go_backwards\": true, \"return_sequences\": true",
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        check_both_ways(&kinds[_i], on_features, "", options[i], DENSE("2", "sigmoid"));
        check_both_ways(&kinds[_i], on_tokens, EMBEDDING("false"), options[i],
                        DENSE("2", "sigmoid"));
    }
}
END_TEST

/* Gradients are taken in parts of TL_RECURRENT_PART timesteps. */
START_TEST(recurrent_parts) {
    static const size_t timesteps[] = {7, 8, 9, 16, 19};
    for (size_t i = 0; i < sizeof timesteps / sizeof timesteps[0]; i++) {
        setting of = on_features;
        of.samples = 3;
        of.timesteps = timesteps[i];
        of.is_steep = 1; /* or roundings would grow from step to step */
        check_both_ways(&kinds[_i], of, "", i % 2 ? ", \"go_backwards\": true" : "",
                        DENSE("1", "sigmoid"));
        of = on_tokens;
        of.samples = 3;
        of.timesteps = timesteps[i];
        of.is_steep = 1;
        check_both_ways(&kinds[_i], of, EMBEDDING("true"), ", \"return_sequences\": true",
                        DENSE("1", "sigmoid"));
    }
}
END_TEST

/* Padding before, behind and inside, and a row of nothing else (make_inputs). */
START_TEST(recurrent_masks) {
    static const char *const options[] = {
        "",
        ", \"use_bias\": false",
        ", \"go_backwards\": true",
        ", \"return_sequences\": true",
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        check_both_ways(&kinds[_i], on_tokens, EMBEDDING("true"), options[i],
                        DENSE("1", "sigmoid"));
}
END_TEST

/* Layers of registers full of units hand numbers on as they are; to others they turn them. */
START_TEST(recurrent_neighbours) {
    static const char *const options[] = {"", ", \"go_backwards\": true", ", \"use_bias\": false"};
    const int full = (int)tl_kernels_for_units(8)->lanes;
    for (size_t i = 0; i < 2 * 3 * (size_t)KINDS; i++) {
        const recurrent_kind *above = &kinds[i / 6];
        setting of = i % 2 ? on_features : on_tokens;
        char behind[800];
        of.samples = 5;
        of.timesteps = 4;
        snprintf(behind, sizeof behind,
                 "{\"class_name\": \"%s\", \"config\": {\"name\": \"above\", "
                 "\"units\": %d%s%s}}, %s",
                 above->class_name, i % 4 < 3 ? full : 3, above->more, options[i / 2 % 3],
                 DENSE("1", "sigmoid"));
        check_recurrent(&kinds[_i], of, i % 2 ? "" : EMBEDDING("true"),
                        ", \"return_sequences\": true", full, behind);
    }
}
END_TEST

START_TEST(recurrent_stacks) {
    static const char above[] =
        "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"l\", \"units\": 4}}, " DENSE(
            "1", "sigmoid");
    static const char flat[] =
        "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}, " DENSE("2", "linear");
    setting of = on_tokens;
    check_both_ways(&kinds[_i], of, EMBEDDING("false"), ", \"return_sequences\": true", above);
    check_both_ways(&kinds[_i], of, EMBEDDING("true"), ", \"return_sequences\": true", above);
    of = on_features;
    of.loss = ORACLE_MSE;
    check_both_ways(&kinds[_i], of, DENSE("3", "tanh") ", ", ", \"return_sequences\": true", flat);
}
END_TEST

static const char *const activations[] = {
    "linear", "sigmoid",     "tanh",         "relu",  "elu",  "selu", "softplus",   "softsign",
    "swish",  "exponential", "hard_sigmoid", "relu6", "gelu", "mish", "leaky_relu",
};
#define ACTIVATIONS (sizeof activations / sizeof activations[0])

START_TEST(recurrent_activations) {
    for (size_t i = 0; i < ACTIVATIONS; i++) {
        char options[160];
        setting of = on_features;
        of.is_steep = strcmp(activations[i], "exponential") == 0;
        if (of.is_steep)
            of.timesteps = 2;
        snprintf(options, sizeof options, ", \"activation\": \"%s\"", activations[i]);
        check_recurrent(&kinds[_i], of, "", options, 5, DENSE("1", "sigmoid"));
    }
}
END_TEST

/* Gates: each Keras has its own hard_sigmoid. */
START_TEST(recurrent_gates) {
    static const char *const gates[] = {"hard_sigmoid", "sigmoid", "tanh",
                                        "relu",         "linear",  "softsign"};
    for (size_t i = 0; i < 2 * sizeof gates / sizeof gates[0]; i++) {
        char options[160];
        setting of = on_features;
        of.is_keras2 = i % 2 == 0;
        of.is_steep = strcmp(gates[i / 2], "relu") == 0 || strcmp(gates[i / 2], "linear") == 0;
        snprintf(options, sizeof options, ", \"recurrent_activation\": \"%s\"", gates[i / 2]);
        if (strcmp(kinds[_i].class_name, "SimpleRNN") != 0)
            check_recurrent(&kinds[_i], of, "", options, 5, DENSE("1", "sigmoid"));
    }
}
END_TEST

START_TEST(recurrent_regularizers) {
    check_recurrent(
        &kinds[_i], on_features, "",
        ", \"kernel_regularizer\": {\"class_name\": \"L2\", \"config\": {\"l2\": 0.02}}"
        ", \"recurrent_regularizer\": {\"class_name\": \"L1\", \"config\": {\"l1\": 0.01}}"
        ", \"bias_regularizer\": {\"class_name\": \"L1L2\", \"config\": {\"l1\": 0.01, \"l2\": "
        "0.03}}",
        4, DENSE("1", "sigmoid"));
}
END_TEST

/* As a Dense's activation, as a layer of its own on sequences, at both of Keras's versions. */
START_TEST(dense_activations) {
    char layers[1024];
    setting of = on_features;
    of.layers = layers;
    of.is_keras2 = _i % 2;
    snprintf(layers, sizeof layers,
             "{\"class_name\": \"Dense\", \"config\": {\"name\": \"a\", \"units\": 5, "
             "\"activation\": \"%s\"}}, {\"class_name\": \"Flatten\", \"config\": {\"name\": "
             "\"f\"}}, " DENSE("1", "sigmoid"),
             activations[_i / 2]);
    check(&of);
    snprintf(layers, sizeof layers,
             "{\"class_name\": \"Dense\", \"config\": {\"name\": \"a\", \"units\": 5, "
             "\"use_bias\": false}}, {\"class_name\": \"Activation\", \"config\": {\"name\": "
             "\"b\", \"activation\": \"%s\"}}, {\"class_name\": \"Dropout\", \"config\": "
             "{\"name\": \"c\", \"rate\": 0.5}}, " DENSE("2", "sigmoid"),
             activations[_i / 2]);
    check(&of);
}
END_TEST

START_TEST(dense_sizes) {
    static const size_t samples[] = {1, 2, 15, 16, 33};
    static const char *const layers[] = {
        "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}, " DENSE("1", "sigmoid"),
        DENSE("7", "tanh") ", {\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}, " DENSE(
            "3", "sigmoid"),
        DENSE("9", "softsign") ", " DENSE("17", "tanh") ", " DENSE("1", "sigmoid"),
    };
    for (size_t i = 0; i < 3; i++) {
        setting of = {layers[i], samples[_i], 3, 5, ORACLE_BINARY, 1, 0};
        check(&of);
    }
}
END_TEST

START_TEST(embeddings) {
    static const char *const layers[] = {
        EMBEDDING("false") "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}, " DENSE(
            "1", "sigmoid"),
        EMBEDDING("false") DENSE("2", "sigmoid"),
        EMBEDDING("true") DENSE("1", "sigmoid"),
        "{\"class_name\": \"Embedding\", \"config\": {\"name\": \"e\", \"input_dim\": 9, "
        "\"output_dim\": 17, \"embeddings_regularizer\": {\"class_name\": \"L2\", \"config\": "
        "{\"l2\": 0.01}}}}, " DENSE("1", "sigmoid"),
    };
    setting of = {layers[_i], 19, 3, 0, ORACLE_BINARY, 1, 0};
    check(&of);
}
END_TEST

/* Each loss on one row a sample and on one a timestep. */
START_TEST(losses) {
    static const char *const last[] = {DENSE("3", "sigmoid"), DENSE("4", "softmax"),
                                       DENSE("4", "softmax"), DENSE("3", "linear")};
    char layers[1024];
    setting of = on_features;
    of.layers = layers;
    of.loss = _i;
    for (int sequences = 0; sequences < 2; sequences++) {
        snprintf(layers, sizeof layers,
                 "{\"class_name\": \"GRU\", \"config\": {\"name\": \"g\", \"units\": 4, "
                 "\"return_sequences\": %s}}, %s",
                 sequences ? "true" : "false", last[_i]);
        check(&of);
        snprintf(
            layers, sizeof layers,
            "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"g\", \"units\": 4, "
            "\"return_sequences\": %s}}, {\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", "
            "\"units\": 4}}, {\"class_name\": \"Activation\", \"config\": {\"name\": \"a\", "
            "\"activation\": \"%s\"}}",
            sequences ? "true" : "false",
            of.loss == ORACLE_MSE      ? "tanh"
            : of.loss == ORACLE_BINARY ? "sigmoid"
                                       : "softmax");
        check(&of);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gradients");
    TCase *recurrent = tcase_create("recurrent"), *dense = tcase_create("dense");
    tcase_add_loop_test(recurrent, recurrent_sizes, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_packed, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_options, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_parts, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_masks, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_neighbours, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_stacks, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_activations, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_gates, 0, KINDS);
    tcase_add_loop_test(recurrent, recurrent_regularizers, 0, KINDS);
    tcase_add_loop_test(dense, dense_activations, 0, 2 * (int)ACTIVATIONS);
    tcase_add_loop_test(dense, dense_sizes, 0, 5);
    tcase_add_loop_test(dense, embeddings, 0, 4);
    tcase_add_loop_test(dense, losses, 0, 4);
    suite_add_tcase(suite, recurrent);
    suite_add_tcase(suite, dense);
    return tl_test_run(suite);
}
