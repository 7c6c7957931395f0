#include "files/keras_old.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* ---- Initializers, regularizers ---- */

/* Stand-alone Keras has functions of these names, which it writes as what they return. */
static const struct {
    const char *class_name;
    double scale;
    const char *mode, *distribution;
} scalings[] = {
    {"GlorotUniform", 1, "fan_avg", "uniform"}, {"GlorotNormal", 1, "fan_avg", "normal"},
    {"HeUniform", 2, "fan_in", "uniform"},      {"HeNormal", 2, "fan_in", "normal"},
    {"LecunUniform", 1, "fan_in", "uniform"},   {"LecunNormal", 1, "fan_in", "normal"},
};

static int rename_initializer(json_t *object) {
    const char *class_name = tl_json_string(object, "class_name");
    json_t *config = json_object_get(object, "config");
    for (size_t i = 0; i < sizeof scalings / sizeof scalings[0]; i++)
        if (strcmp(class_name, scalings[i].class_name) == 0) {
            json_t *seed = json_object_get(config, "seed");
            json_t *made =
                json_pack("{s:f, s:s, s:s, s:O?}", "scale", scalings[i].scale, "mode",
                          scalings[i].mode, "distribution", scalings[i].distribution, "seed", seed);
            return json_object_set_new(object, "config", made) == 0 &&
                   json_object_set_new(object, "class_name", json_string("VarianceScaling")) == 0;
        }
    /* Keras 2 calls the truncated one "normal". */
    const char *distribution = tl_json_string(config, "distribution");
    if (distribution && strcmp(distribution, "truncated_normal") == 0)
        return json_object_set_new(config, "distribution", json_string("normal")) == 0;
    return 1;
}

/* L1 and L2 are classes of their own since TensorFlow 2.4. */
static int rename_regularizer(json_t *object) {
    const json_t *config = json_object_get(object, "config");
    json_t *made = json_pack("{s:f, s:f}", "l1", json_number_value(json_object_get(config, "l1")),
                             "l2", json_number_value(json_object_get(config, "l2")));
    return json_object_set_new(object, "config", made) == 0 &&
           json_object_set_new(object, "class_name", json_string("L1L2")) == 0;
}

static int rename_settings(const tl_keras_target *target, json_t *config) {
    const char *key;
    json_t *value;
    json_object_foreach(config, key, value) {
        if (!json_is_object(value))
            continue;
        if (tl_text_ends_in(key, "_regularizer") && !rename_regularizer(value))
            return 0;
        if (target->stand_alone && tl_text_ends_in(key, "_initializer") &&
            !rename_initializer(value))
            return 0;
    }
    return 1;
}

/* ---- Models ---- */

/* A Sequential of stand-alone Keras has no InputLayer: its first layer says the shape. */
static int drop_input_layer(json_t *layers) {
    json_t *first = json_object_get(json_array_get(layers, 0), "config");
    json_t *shape = json_object_get(first, "batch_input_shape");
    json_t *next = json_object_get(json_array_get(layers, 1), "config");
    if (!shape)
        return 1;
    return json_object_set(next, "batch_input_shape", shape) == 0 &&
           json_array_remove(layers, 0) == 0;
}

tlstm_status tl_keras_make_model_old(const tlstm_model *model, const tl_keras_target *target,
                                     json_t *config, tlstm_error **error) {
    json_t *layers = json_object_get(json_object_get(config, "config"), "layers"), *layer;
    size_t index;
    int made = 1;
    json_array_foreach(layers, index, layer) {
        json_t *settings = json_object_get(layer, "config");
        made = made && rename_settings(target, settings);
        if (target->stand_alone)
            json_object_del(settings, "ragged");
    }
    if (made && model->functional)
        made = json_object_set_new(config, "class_name", json_string("Model")) == 0;
    else if (made && target->stand_alone)
        made = drop_input_layer(layers);
    return made ? TLSTM_OK : tl_fail_memory(error);
}

/* ---- Losses and metrics ---- */

/* Names that every one of these versions knows; NULL: it has no such thing. */
static const char *old_name(const tl_keras_target *target, const char *name) {
    static const char *const renamed[][2] = {{"kl_divergence", "kullback_leibler_divergence"},
                                             {"log_cosh", "logcosh"},
                                             {"huber", "huber_loss"}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        if (strcmp(name, renamed[i][0]) == 0)
            return renamed[i][1];
    return target->stand_alone && strcmp(name, "cosine_similarity") == 0 ? NULL : name;
}

static tlstm_status refuse(const tl_keras_target *target, const char *where, const char *what,
                           tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, where,
                   "%s has no %s: save for another Keras, or without the optimizer", target->called,
                   what);
}

static tlstm_status rename_loss(const tl_keras_target *target, json_t *training,
                                tlstm_error **error) {
    const json_t *loss = json_object_get(training, "loss");
    if (json_is_object(loss))
        return target->stand_alone ? refuse(target, "loss", "settings of a loss", error) : TLSTM_OK;
    const char *name = old_name(target, json_string_value(loss));
    if (!name)
        return refuse(target, "loss", json_string_value(loss), error);
    return json_object_set_new(training, "loss", json_string(name)) ? tl_fail_memory(error)
                                                                    : TLSTM_OK;
}

static tlstm_status rename_metrics(const tl_keras_target *target, json_t *metrics,
                                   tlstm_error **error) {
    size_t index;
    json_t *metric;
    json_array_foreach(metrics, index, metric) {
        const char *name = old_name(target, json_string_value(metric));
        if (!name)
            return refuse(target, "metrics", json_string_value(metric), error);
        if (json_array_set_new(metrics, index, json_string(name)))
            return tl_fail_memory(error);
    }
    return TLSTM_OK;
}

/* ---- Optimizers ---- */

/* What stand-alone Keras's classes take beside lr, clipnorm and clipvalue. What an accumulator
 * begins with is no setting there, and matters no more once there is one. */
static const struct {
    const char *class_name, *settings;
} keras2_optimizers[] = {
    {"SGD", "momentum nesterov decay"},
    {"RMSprop", "rho epsilon decay"},
    {"Adagrad", "epsilon decay"},
    {"Adadelta", "rho epsilon decay"},
    {"Adam", "beta_1 beta_2 epsilon amsgrad decay"},
    {"Adamax", "beta_1 beta_2 epsilon decay"},
    {"Nadam", "beta_1 beta_2 epsilon decay"},
};

static const char *keras2_settings(const char *class_name) {
    for (size_t i = 0; i < sizeof keras2_optimizers / sizeof keras2_optimizers[0]; i++)
        if (strcmp(keras2_optimizers[i].class_name, class_name) == 0)
            return keras2_optimizers[i].settings;
    return NULL;
}

/* The name of a setting in this Keras; NULL: it has none. */
static const char *setting_name(const tl_keras_target *target, const tl_optimizer_ops *ops,
                                const char *key) {
    if (!target->stand_alone)
        return strcmp(key, "weight_decay") == 0 ? NULL : key;
    if (strcmp(key, "learning_rate") == 0)
        return "lr";
    if (tl_text_has_word("clipnorm clipvalue", key))
        return key;
    if (!tl_text_has_word(keras2_settings(ops->class_name), key))
        return NULL;
    return strcmp(ops->class_name, "Nadam") == 0 && strcmp(key, "decay") == 0 ? "schedule_decay"
                                                                              : key;
}

/* Whether a setting that cannot be said means nothing. */
static int is_idle(const tl_field *field, const tl_optimizer_config *config) {
    const double value = tl_field_get_number(field, config);
    return isnan(value) || value == 0 || strcmp(field->key, "initial_accumulator_value") == 0;
}

static tlstm_status write_setting(const tl_keras_target *target,
                                  const struct tlstm_optimizer *optimizer, const tl_field *field,
                                  json_t *into, tlstm_error **error) {
    const double value = tl_field_get_number(field, &optimizer->config);
    const char *name = setting_name(target, optimizer->ops, field->key);
    if (!name && is_idle(field, &optimizer->config))
        return TLSTM_OK;
    if (!name)
        return refuse(target, optimizer->ops->class_name, field->key, error);
    /* None is left out: it is the default of all that may be None. The new kind has no `decay`, but
     * the momentum of Nadam. */
    const int is_decay = strcmp(field->key, "decay") == 0 && !optimizer->config.legacy;
    if (isnan(value) || is_decay)
        return TLSTM_OK;
    return json_object_set_new(into, name, tl_keras_write_field(field, &optimizer->config))
               ? tl_fail_memory(error)
               : TLSTM_OK;
}

static tlstm_status check_class(const tl_keras_target *target,
                                const struct tlstm_optimizer *optimizer, tlstm_error **error) {
    const char *class_name = optimizer->ops->class_name;
    if (!keras2_settings(class_name))
        return refuse(target, "optimizer", class_name, error);
    if (target->stand_alone && optimizer->config.decay_steps > 0)
        return refuse(target, "optimizer", "schedules of the learning rate", error);
    return TLSTM_OK;
}

static tlstm_status write_optimizer(const tl_keras_target *target,
                                    const struct tlstm_optimizer *optimizer, json_t *training,
                                    tlstm_error **error) {
    json_t *written = json_object_get(training, "optimizer_config");
    json_t *schedule = json_object_get(json_object_get(written, "config"), "learning_rate");
    json_t *config = target->stand_alone ? json_object()
                                         : json_pack("{s:s}", "name", optimizer->ops->class_name);
    tlstm_status status = config ? check_class(target, optimizer, error) : tl_fail_memory(error);
    for (const tl_field *field = optimizer->ops->fields; field->key && !status; field++)
        status = write_setting(target, optimizer, field, config, error);
    if (!status && json_is_object(schedule) &&
        json_object_set(config, "learning_rate", schedule) != 0)
        status = tl_fail_memory(error);
    if (!status &&
        (json_object_set(written, "config", config) ||
         json_object_set_new(written, "class_name", json_string(optimizer->ops->class_name))))
        status = tl_fail_memory(error);
    json_decref(config);
    return status;
}

tlstm_status tl_keras_make_training_old(const tlstm_model *model, const tl_keras_target *target,
                                        json_t *training, tlstm_error **error) {
    tlstm_status status = rename_loss(target, training, error);
    if (!status)
        status = rename_metrics(target, json_object_get(training, "metrics"), error);
    if (!status)
        status = rename_metrics(target, json_object_get(training, "weighted_metrics"), error);
    return status ? status : write_optimizer(target, &model->compiled->optimizer, training, error);
}
