/*
 * Training as Keras trained: from the same weights on the same data, epoch by epoch, and on from
 * the saved file.
 *
 * A fresh start comes in two ways: from the file without its optimizer's state (so that what the
 * file says about loss and optimizer counts, with the meaning of the version that wrote it), and
 * compiled by calls from the case's description.
 */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_HISTORY 1e-4 /* relative */
#define LIMIT_WEIGHTS 1e-4
#define MOST_CLASSES 16
#define MOST_METRICS 8

/* ---- Where Keras computes something else ---- */

static int is_plain_sgd(const golden_case *one) {
    return strcmp(json_string_value(json_array_get(one->optimizer, 0)), "SGD") == 0;
}

/* Whether some batch has a token twice. */
static int repeats_tokens(const golden_case *one) {
    tlstm_array *x = golden_read(one->data, "train/x_train");
    size_t batch = (size_t)json_integer_value(json_object_get(one->train, "batch"));
    size_t row = tlstm_array_size(x) / (size_t)tlstm_array_shape(x)[0];
    int repeated = 0;
    for (size_t i = 0; i < tlstm_array_size(x) && !repeated; i++) {
        size_t end = (i / row / batch + 1) * batch * row;
        for (size_t k = i + 1; k < end && k < tlstm_array_size(x) && !repeated; k++)
            repeated = golden_element(x, i) == golden_element(x, k);
    }
    tlstm_array_free(x);
    return repeated;
}

/* Why a case's trajectory is not the one that mathematics gives; NULL: it is. */
static const char *other_mathematics(const golden_case *one) {
    if (golden_is_keras3(one) && golden_has_layer(one, "Embedding") && !is_plain_sgd(one) &&
        repeats_tokens(one))
        return "Keras 3 on TensorFlow squares the gradient of every token occurrence by itself";
    /* The golden README found this in graph runs and in resumed ones; features-nadam compares the
     * rest. */
    if (!golden_is_keras3(one) && !golden_flag(one, "legacy_opt") &&
        strcmp(json_string_value(json_array_get(one->optimizer, 0)), "Nadam") == 0)
        return "Keras 2 multiplies Nadam's running product once a variable, and forgets it in "
               "files";
    /* Not proven. Keras 2.2.4's own formula, evaluated by another program, gives the library's
     * numbers and not the recorded ones; letting the backward pass see the Dense kernel already
     * updated brings most weights, not all, close to the recorded ones. */
    if (strcmp(one->tag, "-keras2.1.6") == 0 || strcmp(one->tag, "-keras2.2.4") == 0)
        return "Keras before 2.3 seems to update weights that the backward pass still reads";
    return NULL;
}

/* ---- A fresh start ---- */

/* The model file without its optimizer_weights. */
static int copy_without_slots(const char *from, const char *to) {
    char buffer[1 << 16];
    FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
    size_t count;
    while (source && target && (count = fread(buffer, 1, sizeof buffer, source)) > 0)
        fwrite(buffer, 1, count, target);
    int copied = source && target;
    if (source)
        fclose(source);
    if (target)
        fclose(target);
    hid_t file = copied ? H5Fopen(to, H5F_ACC_RDWR, H5P_DEFAULT) : -1;
    if (file < 0)
        return 0;
    if (golden_has(file, "optimizer_weights"))
        H5Ldelete(file, "optimizer_weights", H5P_DEFAULT);
    H5Fclose(file);
    return 1;
}

static tlstm_model *load_fresh(const golden_case *one) {
    char path[] = "/tmp/tinylstm-golden-XXXXXX";
    int descriptor = mkstemp(path);
    tlstm_model *model = NULL;
    if (descriptor >= 0)
        close(descriptor);
    if (copy_without_slots(one->model_path, path))
        model = golden_load_path(one, "load", path);
    else
        golden_fail(one, "load", "cannot copy the model file");
    remove(path);
    return model;
}

static double setting_of(const json_t *value) {
    return json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
}

/* An optimizer from ["RMSprop", {"learning_rate": 0.01}]. */
static tlstm_status make_optimizer(const json_t *description, tlstm_optimizer **optimizer,
                                   tlstm_error **error) {
    const char *setting;
    json_t *value;
    tlstm_status status =
        tlstm_optimizer_new(json_string_value(json_array_get(description, 0)), optimizer, error);
    json_object_foreach(json_array_get(description, 1), setting, value) {
        if (status == TLSTM_OK)
            status = tlstm_optimizer_set(*optimizer, setting, setting_of(value), error);
    }
    return status;
}

static tlstm_status make_loss(const json_t *description, tlstm_loss **loss, tlstm_error **error) {
    const char *setting;
    json_t *value;
    tlstm_status status =
        tlstm_loss_new(json_string_value(json_array_get(description, 0)), loss, error);
    json_object_foreach(json_array_get(description, 1), setting, value) {
        if (status == TLSTM_OK)
            status = tlstm_loss_set(*loss, setting, setting_of(value), error);
    }
    return status;
}

/* Whether calls can say what the case says: numbers only, promised names only. */
static int can_compile_by_calls(const golden_case *one) {
    const char *setting;
    json_t *value;
    json_object_foreach(json_array_get(one->loss, 1), setting, value) {
        if (json_is_string(value))
            return 0;
    }
    json_object_foreach(json_array_get(one->optimizer, 1), setting, value) {
        if (golden_schedule(value))
            return 0;
    }
    return one->tag[0] == '\0' && !golden_unpromised_training(one, 0) &&
           !golden_flag(one, "legacy_opt");
}

/* The case's metrics that have names and are promised. */
static size_t string_metrics(const golden_case *one, const char **metrics) {
    size_t index, count = 0;
    json_t *metric;
    json_array_foreach(one->metrics, index, metric) {
        const char *name = json_string_value(metric);
        if (name && golden_metric_is_promised(name) && count < MOST_METRICS)
            metrics[count++] = name;
    }
    return count;
}

static int compile_by_calls(const golden_case *one, tlstm_model *model) {
    const char *metrics[MOST_METRICS];
    size_t metric_count = string_metrics(one, metrics);
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    tlstm_status status = make_optimizer(one->optimizer, &optimizer, &error);
    if (status == TLSTM_OK)
        status = make_loss(one->loss, &loss, &error);
    if (status == TLSTM_OK)
        status = tlstm_model_compile(model, optimizer, loss, metrics, metric_count, &error);
    if (status != TLSTM_OK)
        golden_fail_call(one, "compile", error);
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
    return status == TLSTM_OK;
}

/* ---- Training and comparing ---- */

typedef struct training {
    tlstm_array *x;
    tlstm_array *y;
    tlstm_array *x_val;
    tlstm_array *y_val;
    tlstm_array *sample_weight;
    double class_weight[MOST_CLASSES];
    tlstm_fit_options options;
} training;

static void read_class_weights(const golden_case *one, training *data) {
    const char *name;
    json_t *weight;
    json_object_foreach(golden_flag(one, "class_weight"), name, weight) {
        size_t class_number = (size_t)strtoul(name, NULL, 10);
        if (class_number >= MOST_CLASSES)
            continue;
        data->class_weight[class_number] = json_number_value(weight);
        data->options.class_weight = data->class_weight;
        if (data->options.class_count <= class_number)
            data->options.class_count = class_number + 1;
    }
}

static void read_training(const golden_case *one, int64_t epochs, training *data) {
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    memset(data, 0, sizeof *data);
    data->x = golden_read(one->data, "train/x_train");
    data->y = golden_read(one->data, "train/y_train");
    data->x_val = golden_read(one->data, "train/x_val");
    data->y_val = golden_read(one->data, "train/y_val");
    data->sample_weight = golden_read(one->data, "train/sample_weight");
    data->options = options;
    data->options.batch_size = json_integer_value(json_object_get(one->train, "batch"));
    data->options.epochs = epochs;
    data->options.shuffle = 0;
    data->options.threads = 2;
    data->options.x_val = data->x_val;
    data->options.y_val = data->y_val;
    data->options.sample_weight = data->sample_weight;
    read_class_weights(one, data);
}

static void free_training(training *data) {
    tlstm_array_free(data->x);
    tlstm_array_free(data->y);
    tlstm_array_free(data->x_val);
    tlstm_array_free(data->y_val);
    tlstm_array_free(data->sample_weight);
}

typedef struct comparison {
    const golden_case *one;
    const char *what;
    const tlstm_history *ours;
    char group[64];
    size_t epochs;
    double largest;
    char worst[160]; /* where that is, and both numbers */
} comparison;

/* The history's column of a name that old Keras writes shorter. */
static double history_value(const tlstm_history *history, const char *name, size_t epoch) {
    double value = tlstm_history_value(history, name, epoch);
    if (isnan(value) && strcmp(name, "acc") == 0)
        return tlstm_history_value(history, "accuracy", epoch);
    if (isnan(value) && strcmp(name, "val_acc") == 0)
        return tlstm_history_value(history, "val_accuracy", epoch);
    return value;
}

static void compare_column(const char *name, void *context) {
    comparison *with = context;
    char path[256];
    int is_there = !isnan(history_value(with->ours, name, 0));
    if (!is_there &&
        (golden_flag(with->one, "weighted_metrics") || !golden_metric_is_promised(name)))
        return;
    if (!is_there)
        golden_fail(with->one, with->what, "the history has no %s", name);
    snprintf(path, sizeof path, "%s/%.100s", with->group, name);
    for (size_t epoch = 0; epoch < with->epochs; epoch++) {
        double theirs = golden_number(with->one->expected, path, epoch);
        double ours = history_value(with->ours, name, epoch);
        double difference = fabs(ours - theirs) / fmax(fabs(theirs), 1e-3);
        if (difference <= with->largest)
            continue;
        with->largest = isnan(difference) ? INFINITY : difference;
        snprintf(with->worst, sizeof with->worst, "%.60s of epoch %zu is %.8g instead of %.8g",
                 name, epoch + 1, ours, theirs);
    }
}

/* Says what came of a training run: within the limits; else excused, or a failure. */
static void report_run(const comparison *with, const tlstm_model *model, double weights) {
    const golden_case *one = with->one;
    const char *what = with->what;
    double history = with->largest;
    const char *reason = other_mathematics(one);
    const char *noted = golden_noted(one, model);
    char name[64];
    double share = fmax(history / LIMIT_HISTORY, weights / LIMIT_WEIGHTS);
    if (!(share <= 1) && isfinite(share) && reason) {
        golden_excluded(one, what, weights, reason);
    } else if (!(share <= 1) && noted) {
        golden_unsupported(one, what, noted);
    } else {
        snprintf(name, sizeof name, "%s history", what);
        if (history <= LIMIT_HISTORY)
            golden_report(one, name, history, LIMIT_HISTORY);
        else
            golden_fail(one, name, "%s", with->worst);
        snprintf(name, sizeof name, "%s weights", what);
        golden_report(one, name, weights, LIMIT_WEIGHTS);
    }
}

/* The weights after training: train/w1, and in files of old versions the model's own. */
static const char *trained_weights(const golden_case *one) {
    return golden_has(one->expected, "train/w1") ? "train/w1" : "weights";
}

static void train_and_compare(const golden_case *one, const char *what, tlstm_model *model,
                              const char *history_group, const char *weights_group,
                              int64_t epochs) {
    training data;
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    read_training(one, epochs, &data);
    tlstm_model_reset_states(model);
    if (tlstm_model_fit(model, data.x, data.y, &data.options, &history, &error) != TLSTM_OK) {
        golden_fail_call(one, what, error);
    } else {
        comparison with = {.one = one, .what = what, .ours = history, .epochs = (size_t)epochs};
        snprintf(with.group, sizeof with.group, "%s", history_group);
        golden_names(one->expected, history_group, compare_column, &with);
        report_run(&with, model, golden_weights_distance(model, one->expected, weights_group));
    }
    tlstm_history_free(history);
    free_training(&data);
}

static void check_fresh(const golden_case *one, int by_calls) {
    const char *what = by_calls ? "by calls" : "training";
    int64_t epochs = json_integer_value(json_object_get(one->train, "epochs"));
    tlstm_model *model = load_fresh(one);
    if (!model)
        return;
    int ready = by_calls ? compile_by_calls(one, model) : golden_is_compiled(one, what, model);
    if (ready && golden_set_weights(one, what, model, one->data, "train/w0"))
        train_and_compare(one, what, model, "train/history", trained_weights(one), epochs);
    tlstm_model_free(model);
}

static void check_resumed(const golden_case *one) {
    tlstm_model *model = golden_load(one, "load");
    if (model && golden_is_compiled(one, "resume", model))
        train_and_compare(one, "resume", model, "resume/history", "resume/w", 1);
    tlstm_model_free(model);
}

void golden_check_trajectories(const golden_case *one) {
    if (!one->train)
        return;
    if (golden_unpromised_layer(one, 0)) {
        /* Says once that the layer is refused, or goes on where the library has it after all. */
        tlstm_model *model = golden_load(one, "load");
        if (!model)
            return;
        tlstm_model_free(model);
    }
    check_fresh(one, 0);
    if (can_compile_by_calls(one))
        check_fresh(one, 1);
    if (golden_has(one->expected, "resume"))
        check_resumed(one);
}
