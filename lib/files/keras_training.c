/* Reading and writing `training_config`: optimizer, loss, metrics. */
#include "files/keras_training.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Optimizers ---- */

/* Up to 2.10 there was one kind of optimizer; since then the old kind says so by lacking a key. */
static int is_legacy(const json_t *config, int generation, const char *version) {
    const json_t *said = json_object_get(config, "is_legacy_optimizer");
    if (said)
        return json_is_true(said);
    if (generation != 2)
        return generation == 1;
    int minor = version && strncmp(version, "2.", 2) == 0 ? atoi(version + 2) : 99;
    return minor < 11 || json_object_get(config, "decay") != NULL;
}

static tlstm_status read_number(const tl_keras_reader *reader, const json_t *config,
                                const char *key, double *number, tlstm_error **error) {
    const json_t *value = json_object_get(config, key);
    if (json_is_number(value)) {
        *number = json_number_value(value);
        return TLSTM_OK;
    }
    tl_fail(error, TLSTM_ERROR_UNSUPPORTED, key, "expected a number");
    return tl_fail_within(error, TLSTM_ERROR_UNSUPPORTED, reader->where);
}

/* A number under its new or old name, or a schedule. */
static tlstm_status read_learning_rate(const tl_keras_reader *reader, const json_t *config,
                                       tl_optimizer_config *optimizer, tlstm_error **error) {
    const char *key = json_object_get(config, "learning_rate") ? "learning_rate" : "lr";
    const json_t *value = json_object_get(config, key);
    json_t *schedule = NULL;
    if (!value)
        return TLSTM_OK;
    if (!json_is_object(value))
        return read_number(reader, config, key, &optimizer->learning_rate, error);
    const char *class_name = tl_keras_class(value, &schedule);
    if (!class_name || strcmp(class_name, "ExponentialDecay") != 0) {
        tl_fail(error, TLSTM_ERROR_UNSUPPORTED, key, "the schedule %.60s is not supported",
                class_name ? class_name : "without a name");
        return tl_fail_within(error, TLSTM_ERROR_UNSUPPORTED, reader->where);
    }
    tlstm_status status =
        read_number(reader, schedule, "initial_learning_rate", &optimizer->learning_rate, error);
    if (!status)
        status = read_number(reader, schedule, "decay_steps", &optimizer->decay_steps, error);
    if (!status)
        status = read_number(reader, schedule, "decay_rate", &optimizer->decay_rate, error);
    optimizer->staircase = json_is_true(json_object_get(schedule, "staircase"));
    return status;
}

/* Settings that change training and that the library has not. */
static void note_ignored_settings(const tl_keras_reader *reader, const json_t *config) {
    static const char *const keys[] = {"use_ema", "loss_scale_factor",
                                       "gradient_accumulation_steps"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(config, keys[i]);
        if (json_is_true(value) || json_is_number(value))
            tl_model_note(reader->model, TLSTM_NOTE_IGNORED,
                          "optimizer %s: the setting %s is ignored", reader->where, keys[i]);
    }
}

static tlstm_status read_settings(const tl_keras_reader *reader, const json_t *config,
                                  struct tlstm_optimizer *optimizer, tlstm_error **error) {
    for (const tl_field *field = optimizer->ops->fields; field->key; field++) {
        const json_t *value = json_object_get(config, field->key);
        /* None is the default for a number; `decay` means nothing to the new kind. */
        int given = value && strcmp(field->key, "learning_rate") != 0 &&
                    (!json_is_null(value) || field->kind == TL_FIELD_OPTIONAL) &&
                    (optimizer->config.legacy || strcmp(field->key, "decay") != 0);
        tlstm_status status =
            given ? tl_keras_read_field(reader, field, value, &optimizer->config, error) : TLSTM_OK;
        if (status)
            return status;
    }
    const json_t *schedule_decay = json_object_get(config, "schedule_decay");
    if (json_is_number(schedule_decay))
        optimizer->config.schedule_decay = json_number_value(schedule_decay);
    note_ignored_settings(reader, config);
    return read_learning_rate(reader, config, &optimizer->config, error);
}

static tlstm_status read_optimizer(const tl_keras_reader *outer, const json_t *value,
                                   const char *version, struct tlstm_optimizer *optimizer,
                                   tlstm_error **error) {
    json_t *config = NULL;
    const char *class_name =
        json_is_string(value) ? json_string_value(value) : tl_keras_class(value, &config);
    const tl_optimizer_ops *ops = class_name ? tl_optimizer_find(class_name) : NULL;
    if (!ops)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "optimizer", "%.60s is not supported",
                       class_name ? class_name : "one without a class name");
    tl_keras_reader reader = *outer;
    reader.where = ops->class_name;
    int legacy = is_legacy(config, reader.generation, version);
    *optimizer = tl_optimizer_default(ops, legacy ? 1 : reader.generation);
    optimizer->config.legacy = legacy;
    return read_settings(&reader, config, optimizer, error);
}

static json_t *write_schedule(const tl_optimizer_config *config) {
    return json_pack("{s:s, s:{s:f, s:f, s:f, s:b}}", "class_name", "ExponentialDecay", "config",
                     "initial_learning_rate", config->learning_rate, "decay_steps",
                     config->decay_steps, "decay_rate", config->decay_rate, "staircase",
                     (int)config->staircase);
}

/* For Keras 2 only what all of its versions know: None is left out where it is the default. Keras 3
 * wants it said. It has no legacy optimizers. */
static int is_left_out(const struct tlstm_optimizer *optimizer, const tl_field *field,
                       int generation) {
    const tl_optimizer_config *config = &optimizer->config;
    if (strcmp(field->key, "decay") == 0)
        return generation == 3 || !config->legacy;
    const struct tlstm_optimizer plain =
        tl_optimizer_default(optimizer->ops, config->legacy ? 1 : generation);
    return generation != 3 && field->kind == TL_FIELD_OPTIONAL &&
           isnan(tl_field_get_number(field, config)) &&
           isnan(tl_field_get_number(field, &plain.config));
}

static int write_settings(const struct tlstm_optimizer *optimizer, int generation, json_t *object) {
    const tl_optimizer_config *config = &optimizer->config;
    for (const tl_field *field = optimizer->ops->fields; field->key; field++) {
        if (is_left_out(optimizer, field, generation))
            continue;
        json_t *value = strcmp(field->key, "learning_rate") == 0 && config->decay_steps > 0
                            ? write_schedule(config)
                            : tl_keras_write_field(field, config);
        if (json_object_set_new(object, field->key, value))
            return 0;
    }
    return 1;
}

/*
 * The class as tf_keras registers the new kind of optimizers: "Custom>RMSprop"; the bare name means
 * the legacy kind to it, with other formulas. Keras 3 looks such a class up by `name`.
 */
static json_t *write_optimizer(const struct tlstm_optimizer *optimizer) {
    char class_name[64] = "";
    if (!optimizer->config.legacy)
        strcpy(class_name, "Custom>");
    strncat(class_name, optimizer->ops->class_name, 48);
    json_t *config = json_pack("{s:s}", "name", optimizer->ops->class_name);
    if (!config || !write_settings(optimizer, 2, config)) {
        json_decref(config);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "class_name", class_name, "config", config);
}

/* ---- Losses ---- */

static tlstm_status refuse_loss(const char *what, const char *which, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "loss", "%s%.60s is not supported", what,
                   which ? which : "without a name");
}

static tlstm_status read_reduction(const json_t *config, struct tlstm_loss *loss,
                                   tlstm_error **error) {
    const char *reduction = tl_json_string(config, "reduction");
    if (!reduction || strcmp(reduction, "auto") == 0 ||
        strcmp(reduction, "sum_over_batch_size") == 0)
        return TLSTM_OK;
    loss->config.sum = strcmp(reduction, "sum") == 0;
    return loss->config.sum ? TLSTM_OK : refuse_loss("reduction ", reduction, error);
}

static tlstm_status read_loss_settings(const tl_keras_reader *reader, const json_t *config,
                                       struct tlstm_loss *loss, tlstm_error **error) {
    const json_t *ignored_class = json_object_get(config, "ignore_class");
    if (ignored_class && !json_is_null(ignored_class))
        return refuse_loss("ignore_class", "", error);
    for (const tl_field *field = loss->ops->fields; field->key; field++) {
        const json_t *value = json_object_get(config, field->key);
        tlstm_status status =
            value ? tl_keras_read_field(reader, field, value, &loss->config, error) : TLSTM_OK;
        if (status)
            return status;
    }
    return read_reduction(config, loss, error);
}

/* A name, an object, a list of one, or an object of one output's loss. */
static tlstm_status read_loss(const tl_keras_reader *reader, const json_t *value,
                              struct tlstm_loss *loss, tlstm_error **error) {
    while (json_array_size(value) == 1)
        value = json_array_get(value, 0);
    if (json_object_size(value) == 1 && !json_object_get(value, "class_name"))
        value = json_object_iter_value(json_object_iter((json_t *)value));
    json_t *config = NULL;
    const char *name =
        json_is_string(value) ? json_string_value(value) : tl_keras_class(value, &config);
    if (name && strcmp(name, "function") == 0)
        name = json_string_value(config);
    const tl_loss_ops *ops = name ? tl_loss_find(name) : NULL;
    if (!ops)
        return refuse_loss("the loss ", name, error);
    *loss = tl_loss_default(ops);
    return read_loss_settings(reader, config, loss, error);
}

static int same_settings(const struct tlstm_loss *loss) {
    struct tlstm_loss plain = tl_loss_default(loss->ops);
    for (const tl_field *field = loss->ops->fields; field->key; field++)
        if (tl_field_get_number(field, &loss->config) != tl_field_get_number(field, &plain.config))
            return 0;
    return !loss->config.sum;
}

/* A name where that says all: every Keras reads it. */
static json_t *write_loss(const struct tlstm_loss *loss) {
    if (same_settings(loss))
        return json_string(loss->ops->name);
    json_t *config = json_pack("{s:s, s:s}", "name", loss->ops->name, "reduction",
                               loss->config.sum ? "sum" : "sum_over_batch_size");
    if (!config || !tl_keras_write_fields(loss->ops->fields, &loss->config, config) ||
        (json_object_get(config, "axis") &&
         json_object_set_new(config, "axis", json_integer((json_int_t)loss->config.axis)))) {
        json_decref(config);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "class_name", loss->ops->class_name, "config", config);
}

/* ---- Metrics ---- */

typedef struct metrics {
    const tl_keras_reader *reader;
    const tl_loss_ops *loss;
    tl_metric *items;
    size_t count;
} metrics;

static int has_metric(const metrics *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return 1;
    return 0;
}

/* The function or class that computes a metric, and what it is called; NULL when it is nothing that
 * can be looked up. */
static const char *metric_function(const json_t *value, const char **called) {
    json_t *config = NULL;
    if (json_is_string(value))
        return *called = json_string_value(value);
    const char *function = tl_keras_class(value, &config);
    if (function && strcmp(function, "function") == 0)
        return *called = json_string_value(config);
    if (function && tl_json_string(config, "fn"))
        function = tl_json_string(config, "fn");
    const json_t *threshold = json_object_get(config, "threshold");
    if (json_is_number(threshold) && json_number_value(threshold) != 0.5)
        function = NULL;
    *called = tl_json_string(config, "name");
    return function;
}

static tlstm_status add_metric(metrics *list, const json_t *value, int weighted,
                               tlstm_error **error) {
    const char *called = NULL, *function = metric_function(value, &called);
    tl_metric metric;
    size_t outputs = tl_shape_features(tl_model_output(list->reader->model));
    if (!function || !called || tl_metric_resolve(function, list->loss, outputs, &metric, NULL)) {
        tl_model_note(list->reader->model, TLSTM_NOTE_IGNORED,
                      "the metric %.60s is not supported and left out",
                      called ? called : "without a name");
        return TLSTM_OK;
    }
    metric.weighted = weighted;
    /* Keras tells a weighted metric from its namesake so. */
    const char *prefix = weighted && has_metric(list, called) ? "weighted_" : "";
    metric.name[0] = '\0';
    strncat(metric.name, prefix, sizeof(metric.name) - 1);
    strncat(metric.name, called, sizeof(metric.name) - 1 - strlen(metric.name));
    tl_metric *grown = tl_realloc(list->items, list->count + 1, sizeof(*grown));
    if (!grown)
        return tl_fail_memory(error);
    list->items = grown;
    list->items[list->count++] = metric;
    return TLSTM_OK;
}

/* Lists in lists, lists by output's name, single ones. */
static tlstm_status read_metrics(metrics *list, const json_t *value, int weighted,
                                 tlstm_error **error) {
    size_t index;
    const char *key;
    json_t *part;
    tlstm_status status = TLSTM_OK;
    if (!value || json_is_null(value))
        return TLSTM_OK;
    if (json_is_array(value)) {
        json_array_foreach(value, index, part) {
            status = status ? status : read_metrics(list, part, weighted, error);
        }
    } else if (json_is_object(value) && !json_object_get(value, "class_name")) {
        json_object_foreach((json_t *)value, key, part) {
            status = status ? status : read_metrics(list, part, weighted, error);
        }
    } else {
        status = add_metric(list, value, weighted, error);
    }
    return status;
}

/* The name by which Keras finds the metric again and calls it the same in the history. */
static const char *metric_name(const tl_metric *metric) {
    const char *name = metric->name;
    if (strncmp(name, "weighted_", 9) == 0)
        name += 9;
    tl_metric again;
    const tl_loss_ops *any = metric->loss ? metric->loss : *tl_losses;
    if (strcmp(name, "accuracy") == 0 || strcmp(name, "acc") == 0 ||
        tl_metric_resolve(name, any, 1, &again, NULL) == TLSTM_OK)
        return name;
    return metric->ops ? metric->ops->name : metric->loss->name;
}

/* Names of the metrics that are weighted, or not; null for none. */
static json_t *write_metrics(const tl_compiled *compiled, int weighted) {
    json_t *list = json_array();
    int failed = !list;
    for (size_t i = 0; !failed && i < compiled->metric_count; i++)
        if (compiled->metrics[i].weighted == weighted)
            failed = json_array_append_new(list, json_string(metric_name(&compiled->metrics[i])));
    if (!failed && json_array_size(list))
        return list;
    json_decref(list);
    return failed ? NULL : json_null();
}

/* ---- All of it ---- */

/* Whether there are weights of losses that are not 1. */
static int weighs_losses(const json_t *weights) {
    size_t index;
    const char *key;
    json_t *part;
    json_array_foreach(weights, index, part) if (weighs_losses(part)) return 1;
    json_object_foreach((json_t *)weights, key, part) if (weighs_losses(part)) return 1;
    return json_is_number(weights) && json_number_value(weights) != 1;
}

static tlstm_status compile(const tl_keras_reader *reader, const json_t *training,
                            const char *version, tlstm_error **error) {
    struct tlstm_optimizer optimizer;
    struct tlstm_loss loss;
    if (weighs_losses(json_object_get(training, "loss_weights")))
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "loss_weights", "not supported");
    const json_t *given = json_object_get(training, "optimizer_config");
    if (!given)
        given = json_object_get(training, "optimizer");
    tlstm_status status = read_optimizer(reader, given, version, &optimizer, error);
    if (!status)
        status = read_loss(reader, json_object_get(training, "loss"), &loss, error);
    if (status)
        return status;
    metrics list = {reader, loss.ops, NULL, 0};
    status = read_metrics(&list, json_object_get(training, "metrics"), 0, error);
    if (!status)
        status = read_metrics(&list, json_object_get(training, "weighted_metrics"), 1, error);
    if (!status)
        status = tl_model_compile(reader->model, &optimizer, &loss, list.items, list.count, error);
    tl_free(list.items);
    return status;
}

tlstm_status tl_keras_end_compile(tlstm_model *model, tlstm_status status, tlstm_error *reason,
                                  tlstm_error **error) {
    if (status && status != TLSTM_ERROR_MEMORY) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, "the model is not compiled: %s: %s",
                      tl_error_where(reason), tl_error_message(reason));
        status = TLSTM_OK;
    } else if (status) {
        status = tl_fail_memory(error);
    }
    tl_error_free(reason);
    return status;
}

tlstm_status tl_keras_read_training(tlstm_model *model, const char *text, int generation,
                                    const char *version, tlstm_error **error) {
    tl_keras_reader reader = {generation, model, NULL};
    json_t *training = NULL;
    tlstm_error *reason = NULL;
    tlstm_status status = tl_json_parse("training_config", text, strlen(text), &training, &reason);
    if (!status)
        status = compile(&reader, training, version, &reason);
    json_decref(training);
    return tl_keras_end_compile(model, status, reason, error);
}

/* Keras 3 loses it when it has saved the same model as .h5 before. */
int tl_keras_says_optimizer(const json_t *compile_config) {
    return json_object_get(compile_config, "optimizer") != NULL;
}

tlstm_status tl_keras_read_compile_config(tlstm_model *model, json_t *config, int generation,
                                          const char *version, tlstm_error **error) {
    tl_keras_reader reader = {generation, model, NULL};
    tlstm_error *reason = NULL;
    if (json_object_size(config) == 0)
        return TLSTM_OK;
    int assumed = !tl_keras_says_optimizer(config);
    /* compile()'s own default */
    if (assumed && json_object_set_new(config, "optimizer", json_string("rmsprop")))
        return tl_fail_memory(error);
    tlstm_status status = compile(&reader, config, version, &reason);
    if (assumed && !status)
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "the file does not say which optimizer the model was compiled with: it is "
                      "Keras's default, RMSprop");
    return tl_keras_end_compile(model, status, reason, error);
}

tlstm_status tl_keras_write_training(const tlstm_model *model, json_t **config,
                                     tlstm_error **error) {
    const tl_compiled *compiled = model->compiled;
    json_t *made = json_pack("{s:o, s:o, s:o, s:n, s:n, s:o}", "loss", write_loss(&compiled->loss),
                             "metrics", write_metrics(compiled, 0), "weighted_metrics",
                             write_metrics(compiled, 1), "sample_weight_mode", "loss_weights",
                             "optimizer_config", write_optimizer(&compiled->optimizer));
    if (!made)
        return tl_fail_memory(error);
    *config = made;
    return TLSTM_OK;
}

/* ---- The same as Keras 3's `compile_config` ---- */

static json_t *write_v3_optimizer(const struct tlstm_optimizer *optimizer) {
    json_t *config = json_pack("{s:s}", "name", optimizer->ops->name);
    if (!config || !write_settings(optimizer, 3, config)) {
        json_decref(config);
        return NULL;
    }
    json_t *schedule = json_object_get(config, "learning_rate");
    if (json_is_object(schedule) && !tl_keras_mark(schedule, "keras.optimizers.schedules")) {
        json_decref(config);
        return NULL;
    }
    return tl_keras_object("keras.optimizers", optimizer->ops->class_name, config);
}

static json_t *write_v3_loss(const struct tlstm_loss *loss) {
    json_t *written = write_loss(loss);
    if (json_is_object(written) && !tl_keras_mark(written, "keras.losses")) {
        json_decref(written);
        return NULL;
    }
    return written;
}

tlstm_status tl_keras_write_compile_config(const tlstm_model *model, json_t **config,
                                           tlstm_error **error) {
    const tl_compiled *compiled = model->compiled;
    if (compiled->optimizer.config.decay != 0 && compiled->optimizer.config.legacy)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "optimizer",
                       "Keras 3, which reads this format, has no `decay`: save as .h5, or without "
                       "the optimizer");
    json_t *made = json_pack(
        "{s:o, s:o, s:n, s:o, s:o, s:b, s:i, s:b}", "optimizer",
        write_v3_optimizer(&compiled->optimizer), "loss", write_v3_loss(&compiled->loss),
        "loss_weights", "metrics", write_metrics(compiled, 0), "weighted_metrics",
        write_metrics(compiled, 1), "run_eagerly", 0, "steps_per_execution", 1, "jit_compile", 0);
    if (!made)
        return tl_fail_memory(error);
    *config = made;
    return TLSTM_OK;
}
