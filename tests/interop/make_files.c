/*
 * Writes what real Keras is then asked to load: for every supported layer a trained model, the
 * inputs, and what the library makes of them.
 *
 *     make_files DIR
 *
 * NAME.h5, NAME.keras, NAME-weights.h5 and NAME.weights.h5 (weights alone), NAME-x.npy, NAME-y.npy
 * (targets), NAME-p.npy (predictions), NAME-after.h5 and NAME-after.keras (after one more epoch),
 * and a line on standard output: NAME, loss, learning rate. It fails where a layer of the library
 * is in none of the models.
 */
#include "layers/layer.h"
#include "optimizers/optimizer.h"
#include "tinylstm/tinylstm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 37
#define BATCH 8

typedef struct recipe_layer {
    const char *class_name;
    const char *config;
} recipe_layer;

typedef struct recipe {
    const char *name;
    int64_t timesteps;
    int64_t features; /* 0: tokens below 30 */
    const char *optimizer;
    const char *loss;
    int64_t classes; /* of class numbers; 0: targets of 0 and 1 in the outputs' shape */
    recipe_layer layers[6];
} recipe;

#define EMBEDDING                                                                                  \
    { "Embedding", "{\"input_dim\": 30, \"output_dim\": 5}" }
#define MASKED_EMBEDDING                                                                           \
    { "Embedding", "{\"input_dim\": 30, \"output_dim\": 5, \"mask_zero\": true}" }
#define PROBABILITY                                                                                \
    { "Dense", "{\"units\": 1, \"activation\": \"sigmoid\"}" }

static const recipe recipes[] = {
    {"lstm",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"LSTM", "{\"units\": 8}"}, PROBABILITY}},
    {"lstm-adam",
     9,
     0,
     "adam",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"LSTM", "{\"units\": 8}"}, PROBABILITY}},
    {"lstm-sgd",
     9,
     3,
     "sgd",
     "mse",
     0,
     {{"LSTM", "{\"units\": 8, \"unit_forget_bias\": false}"}, PROBABILITY}},
    {"two-lstm",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING,
      {"LSTM",
       "{\"units\": 4, \"return_sequences\": true, \"dropout\": 0.3, \"recurrent_dropout\": 0.2}"},
      {"LSTM", "{\"units\": 3}"},
      PROBABILITY}},
    {"gru",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"GRU", "{\"units\": 6}"}, PROBABILITY}},
    {"gru-before",
     9,
     0,
     "adam",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"GRU", "{\"units\": 6, \"reset_after\": false}"}, PROBABILITY}},
    {"gru-nobias",
     9,
     4,
     "rmsprop",
     "mse",
     0,
     {{"GRU", "{\"units\": 6, \"use_bias\": false, \"go_backwards\": true}"}, PROBABILITY}},
    {"simplernn",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"SimpleRNN", "{\"units\": 6}"}, PROBABILITY}},
    {"simplernn-relu",
     9,
     2,
     "sgd",
     "mse",
     0,
     {{"SimpleRNN", "{\"units\": 6, \"activation\": \"relu\", \"use_bias\": false}"}, PROBABILITY}},
    {"masked-lstm",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {MASKED_EMBEDDING, {"LSTM", "{\"units\": 6}"}, PROBABILITY}},
    {"masked-gru",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {MASKED_EMBEDDING,
      {"GRU", "{\"units\": 4, \"return_sequences\": true}"},
      {"GRU", "{\"units\": 4}"},
      PROBABILITY}},
    {"sequences",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"LSTM", "{\"units\": 4, \"return_sequences\": true}"}, PROBABILITY}},
    {"classes",
     9,
     0,
     "adam",
     "sparse_categorical_crossentropy",
     4,
     {EMBEDDING,
      {"LSTM", "{\"units\": 4}"},
      {"Dropout", "{\"rate\": 0.25}"},
      {"Dense", "{\"units\": 4, \"activation\": \"softmax\"}"}}},
    {"flatten",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING, {"Flatten", "{}"}, PROBABILITY}},
    {"dense",
     4,
     3,
     "adam",
     "mse",
     0,
     {{"Flatten", "{}"},
      {"Dense", "{\"units\": 7, \"activation\": \"relu\", \"use_bias\": false}"},
      {"Dense", "{\"units\": 5}"},
      {"Activation", "{\"activation\": \"tanh\"}"},
      {"Dense", "{\"units\": 2}"}}},
    {"settings",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {{"Embedding",
       "{\"name\": \"words\", \"input_dim\": 30, \"output_dim\": 5, \"embeddings_initializer\": "
       "{\"class_name\": \"RandomNormal\", \"config\": {\"mean\": 0.0, \"stddev\": 0.1, \"seed\": "
       "null}}, "
       "\"embeddings_regularizer\": {\"class_name\": \"L2\", \"config\": {\"l2\": 0.01}}}"},
      {"LSTM", "{\"name\": \"memory\", \"units\": 4, \"kernel_initializer\": \"he_normal\", "
               "\"bias_constraint\": "
               "{\"class_name\": \"NonNeg\", \"config\": {}}, \"kernel_constraint\": "
               "{\"class_name\": \"MaxNorm\", "
               "\"config\": {\"max_value\": 1.5, \"axis\": 0}}}"},
      {"Dense", "{\"name\": \"verdict\", \"units\": 1, \"activation\": \"sigmoid\", \"trainable\": "
                "false}"}}},
    {"hard-sigmoid",
     9,
     0,
     "rmsprop",
     "binary_crossentropy",
     0,
     {EMBEDDING,
      {"LSTM",
       "{\"units\": 4, \"activation\": \"softsign\", \"recurrent_activation\": \"sigmoid\"}"},
      {"Dense", "{\"units\": 3, \"activation\": \"elu\"}"},
      PROBABILITY}},
    {"dense-adamw",
     3,
     4,
     "adamw",
     "mse",
     0,
     {{"Flatten", "{}"}, {"Dense", "{\"units\": 5, \"activation\": \"tanh\"}"}, PROBABILITY}},
    {"dense-adagrad",
     3,
     4,
     "adagrad",
     "mse",
     0,
     {{"Flatten", "{}"}, {"Dense", "{\"units\": 5, \"activation\": \"tanh\"}"}, PROBABILITY}},
    {"dense-adadelta",
     3,
     4,
     "adadelta",
     "mse",
     0,
     {{"Flatten", "{}"}, {"Dense", "{\"units\": 5, \"activation\": \"tanh\"}"}, PROBABILITY}},
    {"dense-adamax",
     3,
     4,
     "adamax",
     "mse",
     0,
     {{"Flatten", "{}"}, {"Dense", "{\"units\": 5, \"activation\": \"tanh\"}"}, PROBABILITY}},
    {"dense-nadam",
     3,
     4,
     "nadam",
     "mse",
     0,
     {{"Flatten", "{}"}, {"Dense", "{\"units\": 5, \"activation\": \"tanh\"}"}, PROBABILITY}},
};

#define RECIPES (sizeof recipes / sizeof recipes[0])

/* Each entry of the library's tables must be in a recipe; an input layer is in all. */
static int is_used(const char *class_name, const char *optimizer) {
    for (size_t i = 0; i < RECIPES; i++) {
        if (optimizer && strcmp(recipes[i].optimizer, optimizer) == 0)
            return 1;
        for (size_t l = 0; class_name && l < 6 && recipes[i].layers[l].class_name; l++)
            if (strcmp(recipes[i].layers[l].class_name, class_name) == 0)
                return 1;
    }
    return 0;
}

static int check_tables(void) {
    int missing = 0;
    for (const tl_layer_ops *const *layer = tl_layers; *layer; layer++)
        if (strcmp((*layer)->class_name, "InputLayer") != 0 && !is_used((*layer)->class_name, NULL))
            missing += fprintf(stderr, "no model has the layer %s\n", (*layer)->class_name) > 0;
    for (const tl_optimizer_ops *const *optimizer = tl_optimizers; *optimizer; optimizer++)
        if (!is_used(NULL, (*optimizer)->name))
            missing += fprintf(stderr, "no model has the optimizer %s\n", (*optimizer)->name) > 0;
    return missing == 0;
}

static uint32_t state = 4711;

static double uniform(void) {
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / 16777216.0;
}

static void stop(const char *name, const char *what, const tlstm_error *error) {
    fprintf(stderr, "%s: %s: %s: %s\n", name, what, tlstm_error_where(error),
            tlstm_error_message(error));
    exit(1);
}

static tlstm_model *build(const recipe *of) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int64_t shape[] = {of->timesteps, of->features};
    tlstm_status status = tlstm_model_new(NULL, 11, &model, &error);
    if (status == TLSTM_OK)
        status = tlstm_model_add_input(model, of->features ? 2 : 1, shape, NULL, &error);
    for (size_t i = 0; i < 6 && of->layers[i].class_name && status == TLSTM_OK; i++)
        status =
            tlstm_model_add_layer(model, of->layers[i].class_name, of->layers[i].config, &error);
    if (status == TLSTM_OK)
        status = tlstm_model_build(model, 0, NULL, &error);
    if (status != TLSTM_OK)
        stop(of->name, "build", error);
    return model;
}

static void compile(const recipe *of, tlstm_model *model) {
    static const char *const metrics[] = {"accuracy"};
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    tlstm_status status = tlstm_optimizer_new(of->optimizer, &optimizer, &error);
    if (status == TLSTM_OK)
        status = tlstm_optimizer_set(optimizer, "learning_rate", 0.01, &error);
    if (status == TLSTM_OK && strcmp(of->optimizer, "sgd") == 0)
        status = tlstm_optimizer_set(optimizer, "momentum", 0.5, &error);
    if (status == TLSTM_OK)
        status = tlstm_loss_new(of->loss, &loss, &error);
    if (status == TLSTM_OK)
        status = tlstm_model_compile(model, optimizer, loss, metrics, 1, &error);
    if (status != TLSTM_OK)
        stop(of->name, "compile", error);
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
}

static tlstm_array *make_x(const recipe *of) {
    int64_t shape[] = {SAMPLES, of->timesteps, of->features};
    tlstm_array *x = NULL;
    tlstm_error *error = NULL;
    if (tlstm_array_new(of->features ? TLSTM_FLOAT32 : TLSTM_INT32, of->features ? 3 : 2, shape, &x,
                        &error) != TLSTM_OK)
        stop(of->name, "x", error);
    for (size_t i = 0; i < tlstm_array_size(x); i++) {
        if (of->features)
            ((float *)tlstm_array_mutable_data(x))[i] = (float)(uniform() * 4 - 2);
        else
            ((int32_t *)tlstm_array_mutable_data(x))[i] =
                uniform() < 0.3 ? 0 : (int32_t)(uniform() * 30);
    }
    return x;
}

static tlstm_array *make_y(const recipe *of, const tlstm_model *model) {
    int64_t shape[TLSTM_MAX_DIMS] = {SAMPLES};
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    size_t ndim = 1;
    if (!of->classes)
        ndim += tlstm_model_layer_output(model, tlstm_model_layers(model) - 1, shape + 1);
    if (tlstm_array_new(of->classes ? TLSTM_INT32 : TLSTM_FLOAT32, ndim, shape, &y, &error) !=
        TLSTM_OK)
        stop(of->name, "y", error);
    for (size_t i = 0; i < tlstm_array_size(y); i++) {
        if (of->classes)
            ((int32_t *)tlstm_array_mutable_data(y))[i] =
                (int32_t)(uniform() * (double)of->classes);
        else
            ((float *)tlstm_array_mutable_data(y))[i] = uniform() < 0.4 ? 1.0F : 0.0F;
    }
    return y;
}

static void train(const recipe *of, tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                  int64_t epochs) {
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_error *error = NULL;
    options.batch_size = BATCH;
    options.epochs = epochs;
    options.shuffle = 0;
    if (tlstm_model_fit(model, x, y, &options, NULL, &error) != TLSTM_OK)
        stop(of->name, "fit", error);
}

static const char *path_of(const char *folder, const recipe *of, const char *ending) {
    static char path[1024];
    snprintf(path, sizeof path, "%.800s/%.80s%.80s", folder, of->name, ending);
    return path;
}

static void save(const char *folder, const recipe *of, const tlstm_model *model,
                 const tlstm_array *x, const tlstm_array *y) {
    tlstm_save_options weights = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_array *predictions = NULL;
    tlstm_error *error = NULL;
    double values[4] = {0};
    weights.weights_only = 1;
    if (tlstm_model_save(model, path_of(folder, of, ".h5"), NULL, &error) != TLSTM_OK ||
        tlstm_model_save(model, path_of(folder, of, "-weights.h5"), &weights, &error) != TLSTM_OK ||
        tlstm_model_save(model, path_of(folder, of, ".keras"), NULL, &error) != TLSTM_OK ||
        tlstm_model_save(model, path_of(folder, of, ".weights.h5"), &weights, &error) != TLSTM_OK ||
        tlstm_model_predict(model, x, NULL, &predictions, &error) != TLSTM_OK ||
        tlstm_model_evaluate(model, x, y, NULL, values, 4, NULL, &error) != TLSTM_OK ||
        tlstm_array_save_npy(x, path_of(folder, of, "-x.npy"), &error) != TLSTM_OK ||
        tlstm_array_save_npy(y, path_of(folder, of, "-y.npy"), &error) != TLSTM_OK ||
        tlstm_array_save_npy(predictions, path_of(folder, of, "-p.npy"), &error) != TLSTM_OK)
        stop(of->name, "save", error);
    printf("%s %.9g %.9g\n", of->name, values[0], tlstm_model_learning_rate(model));
    tlstm_array_free(predictions);
}

/* In the layout of each Keras that there is one for; where that has not the optimizer, no file. */
static void save_for_each(const char *folder, const recipe *of, const tlstm_model *model) {
    static const struct {
        tlstm_keras keras;
        const char *ending;
    } layouts[] = {{TLSTM_KERAS_2, "-keras2.h5"},
                   {TLSTM_KERAS_TF_2_10, "-tf2.10.h5"},
                   {TLSTM_KERAS_TF_2_15, "-tf2.15.h5"},
                   {TLSTM_KERAS_3, "-keras3.h5"}};
    tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        tlstm_error *error = NULL;
        options.keras = layouts[i].keras;
        const tlstm_status status =
            tlstm_model_save(model, path_of(folder, of, layouts[i].ending), &options, &error);
        if (status != TLSTM_OK && status != TLSTM_ERROR_UNSUPPORTED)
            stop(of->name, layouts[i].ending, error);
        tlstm_error_free(error);
    }
}

/* Models with dropout draw their own masks: Keras cannot train on to the same weights. */
static int has_dropout(const recipe *of) {
    for (size_t i = 0; i < 6 && of->layers[i].class_name; i++)
        if (strstr(of->layers[i].config, "dropout") ||
            strcmp(of->layers[i].class_name, "Dropout") == 0)
            return 1;
    return 0;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: make_files DIR\n");
        return 2;
    }
    if (!check_tables())
        return 1;
    for (size_t i = 0; i < RECIPES; i++) {
        const recipe *of = &recipes[i];
        tlstm_model *model = build(of);
        tlstm_array *x = make_x(of);
        tlstm_array *y = make_y(of, model);
        tlstm_error *error = NULL;
        compile(of, model);
        train(of, model, x, y, 3);
        save(arguments[1], of, model, x, y);
        save_for_each(arguments[1], of, model);
        train(of, model, x, y, 1);
        if (!has_dropout(of) && (tlstm_model_save(model, path_of(arguments[1], of, "-after.h5"),
                                                  NULL, &error) != TLSTM_OK ||
                                 tlstm_model_save(model, path_of(arguments[1], of, "-after.keras"),
                                                  NULL, &error) != TLSTM_OK))
            stop(of->name, "save", error);
        tlstm_array_free(y);
        tlstm_array_free(x);
        tlstm_model_free(model);
    }
    return 0;
}
