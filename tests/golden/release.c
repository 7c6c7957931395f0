/*
 * What this release promises, spelt out, so that nothing it should be able to do can hide as
 * "unsupported". A layer, loss or optimizer that joins the library joins these lists.
 */
#include "golden.h"

#include <ctype.h>
#include <string.h>

static const char *const promised_layers[] = {
    "Input",     "InputLayer", "Embedding", "LSTM",    "GRU",
    "SimpleRNN", "Dense",      "Dropout",   "Flatten", "Activation",
};

static const char *const promised_losses[] = {
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "MeanSquaredError",
    "MSE",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "CosineSimilarity",
    "Hinge",
    "SquaredHinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Poisson",
};

static const char *const promised_optimizers[] = {
    "RMSprop", "Adam", "SGD", "AdamW", "Adamax", "Adagrad", "Adadelta", "Nadam",
};

static const char *const promised_metrics[] = {"accuracy", "acc", "mae", "mse"};

static const char *const promised_settings[] = {
    "learning_rate", "rho",    "momentum",        "nesterov",     "centered",
    "epsilon",       "beta_1", "beta_2",          "amsgrad",      "clipnorm",
    "clipvalue",     "decay",  "global_clipnorm", "weight_decay", "initial_accumulator_value",
};

/* Schedules in the place of a learning rate, which only a file can give. */
static const char *const promised_schedules[] = {"ExponentialDecay"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The next letter that counts when names are compared. */
static const char *skip_underscores(const char *text) {
    while (*text == '_')
        text++;
    return text;
}

/* Whether `text` begins with `thing`, whatever the case and underscores. */
static int begins_with(const char *text, const char *thing) {
    for (thing = skip_underscores(thing); *thing; thing = skip_underscores(thing + 1)) {
        text = skip_underscores(text);
        if (tolower((unsigned char)*text) != tolower((unsigned char)*thing))
            return 0;
        text++;
    }
    return 1;
}

int golden_names_thing(const char *text, const char *thing) {
    for (; text && *text; text++)
        if (begins_with(text, thing))
            return 1;
    return 0;
}

/* Equal but for case and underscores: "binary_crossentropy" and "BinaryCrossentropy". */
static int is_one_of(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (begins_with(name, list[i]) && begins_with(list[i], name))
            return 1;
    return 0;
}

int golden_metric_is_promised(const char *name) {
    if (strncmp(name, "val_", 4) == 0)
        name += 4;
    return strcmp(name, "loss") == 0 || is_one_of(name, promised_metrics, COUNT(promised_metrics));
}

const char *golden_unpromised_layer(const golden_case *one, size_t skip) {
    size_t index;
    json_t *layer;
    json_array_foreach(one->layers, index, layer) {
        const char *name = json_string_value(json_array_get(layer, 0));
        if (!is_one_of(name, promised_layers, COUNT(promised_layers)) && skip-- == 0)
            return name;
    }
    return NULL;
}

const char *golden_schedule(const json_t *setting) {
    return json_is_object(setting) ? json_object_iter_key(json_object_iter((json_t *)setting))
                                   : NULL;
}

const char *golden_unpromised_training(const golden_case *one, size_t skip) {
    const char *loss = json_string_value(json_array_get(one->loss, 0));
    const char *optimizer = json_string_value(json_array_get(one->optimizer, 0));
    if (!is_one_of(loss, promised_losses, COUNT(promised_losses)) && skip-- == 0)
        return loss;
    if (!is_one_of(optimizer, promised_optimizers, COUNT(promised_optimizers)) && skip-- == 0)
        return optimizer;
    const char *setting;
    json_t *value;
    json_object_foreach(json_array_get(one->optimizer, 1), setting, value) {
        if (!is_one_of(setting, promised_settings, COUNT(promised_settings)) && skip-- == 0)
            return setting;
        const char *schedule = golden_schedule(value);
        if (schedule && !is_one_of(schedule, promised_schedules, COUNT(promised_schedules)) &&
            skip-- == 0)
            return schedule;
    }
    return NULL;
}
