/*
 * The private group:
 *
 *   /tinylstm          attribute `state`, JSON:
 *     format           1
 *     seed             of the model, as text: JSON's integers have a sign
 *     epochs, steps    how many shuffles and how many masks of dropout were drawn
 *     input_layer      name of the model's InputLayer, null: it has none. Each Keras writes one or
 *                      leaves it out as it likes, and the masks of a layer follow from its place
 *     state_batch      samples of the states, 0: none
 *     optimizer        null, or `class` and what not every layout can say: settings, the updates
 *   /tinylstm/states   (state_batch, state of all layers)
 */
#include "files/resume.h"

#include "base/alloc.h"
#include "files/keras_json.h"
#include "layers/input.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE "state"
#define STATES TL_RESUME_GROUP "/states"
#define FORMAT 1

/* ---- Writing ---- */

static json_t *write_optimizer(const tlstm_model *model) {
    if (!model->compiled)
        return json_null();
    const struct tlstm_optimizer *optimizer = &model->compiled->optimizer;
    const tl_optimizer_config *config = &optimizer->config;
    return json_pack("{s:s, s:b, s:f, s:f, s:f, s:I}", "class", optimizer->ops->class_name,
                     "legacy", (int)config->legacy, "learning_rate", config->learning_rate, "decay",
                     config->decay, "schedule_decay", config->schedule_decay, "iterations",
                     (json_int_t)model->compiled->iterations);
}

static json_t *write_input_layer(const tlstm_model *model) {
    const tl_layer *first = model->layers[0];
    return first->ops == &tl_input_layer ? json_string(first->name) : json_null();
}

static json_t *write_state(const tlstm_model *model) {
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, model->seed);
    return json_pack("{s:i, s:s, s:I, s:I, s:o, s:I, s:o}", "format", FORMAT, "seed", seed,
                     "epochs", (json_int_t)model->epochs_seen, "steps",
                     (json_int_t)model->steps_seen, "input_layer", write_input_layer(model),
                     "state_batch", (json_int_t)model->state_batch, "optimizer",
                     write_optimizer(model));
}

tlstm_status tl_resume_write(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    char *text = NULL;
    json_t *state = write_state(model);
    tlstm_status status = state ? tl_json_print(state, &text, error) : tl_fail_memory(error);
    json_decref(state);
    if (!status)
        status = tl_h5_write_group(file, TL_RESUME_GROUP, error);
    if (!status)
        status = tl_h5_write_string(file, TL_RESUME_GROUP, ATTRIBUTE, text, 1, error);
    if (!status && model->states)
        status = tl_h5_write_floats(file, STATES, 2,
                                    (size_t[]){model->state_batch, tl_model_state_size(model)},
                                    model->states, error);
    tl_free(text);
    return status;
}

/* ---- Reading ---- */

/* What was read, before any of it is taken over. */
typedef struct saved {
    json_t *state;
    uint64_t seed;
    int64_t epochs, steps, state_batch;
    float *states;
} saved;

static tlstm_status refuse(const char *what, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_FORMAT, TL_RESUME_GROUP, "its %s is damaged", what);
}

static tlstm_status read_seed(saved *read, tlstm_error **error) {
    const char *text = tl_json_string(read->state, "seed");
    char *end = NULL;
    errno = 0;
    if (text && *text >= '0' && *text <= '9')
        read->seed = strtoull(text, &end, 10);
    return end && !*end && !errno ? TLSTM_OK : refuse("seed", error);
}

static tlstm_status read_count(const saved *read, const char *key, int64_t *count,
                               tlstm_error **error) {
    const json_t *value = json_object_get(read->state, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return refuse(key, error);
    *count = json_integer_value(value);
    return TLSTM_OK;
}

static tlstm_status read_json(tl_h5 *file, saved *read, tlstm_error **error) {
    char *text = NULL;
    tlstm_status status = tl_h5_read_string(file, TL_RESUME_GROUP, ATTRIBUTE, &text, error);
    if (!status)
        status = tl_json_parse(TL_RESUME_GROUP, text, strlen(text), &read->state, error);
    tl_free(text);
    int64_t format = 0;
    if (!status)
        status = read_count(read, "format", &format, error);
    if (!status && format != FORMAT)
        status = tl_fail(error, TLSTM_ERROR_UNSUPPORTED, TL_RESUME_GROUP,
                         "it is of a later version of the library");
    return status;
}

/* Shapes first. */
static tlstm_status read_states(tl_h5 *file, const tlstm_model *model, saved *read,
                                tlstm_error **error) {
    const size_t size = tl_model_state_size(model);
    if (!read->state_batch || !tl_model_is_stateful(model))
        return TLSTM_OK;
    const size_t dims[] = {(size_t)read->state_batch, size};
    if (!tl_h5_can_hold(file, (double)read->state_batch * (double)size))
        return refuse("state_batch", error);
    tlstm_status status = tl_h5_check(file, STATES, 2, dims, error);
    if (!status && !(read->states = tl_alloc_zero(dims[0], size * sizeof(float))))
        status = tl_fail_memory(error);
    return status ? status : tl_h5_read_floats(file, STATES, 2, dims, read->states, error);
}

static tlstm_status read_saved(tl_h5 *file, const tlstm_model *model, saved *read,
                               tlstm_error **error) {
    tlstm_status status = read_json(file, read, error);
    if (!status)
        status = read_seed(read, error);
    if (!status)
        status = read_count(read, "epochs", &read->epochs, error);
    if (!status)
        status = read_count(read, "steps", &read->steps, error);
    if (!status)
        status = read_count(read, "state_batch", &read->state_batch, error);
    return status ? status : read_states(file, model, read, error);
}

/* ---- Taking over ---- */

static double number_or(const json_t *object, const char *key, double otherwise) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* The file's other number is a float: this one may say more digits of it. */
static void take_learning_rate(const json_t *from, tl_optimizer_config *config) {
    const double rate = number_or(from, "learning_rate", config->learning_rate);
    if ((float)rate == (float)config->learning_rate && config->decay_steps <= 0)
        config->learning_rate = rate;
}

static void take_optimizer(const saved *read, tl_resume_scope scope, tlstm_model *model) {
    const json_t *from = json_object_get(read->state, "optimizer");
    const char *class_name = tl_json_string(from, "class");
    struct tlstm_optimizer *optimizer = model->compiled ? &model->compiled->optimizer : NULL;
    if (!optimizer || !class_name || strcmp(class_name, optimizer->ops->class_name) != 0)
        return;
    take_learning_rate(from, &optimizer->config);
    const json_t *iterations = json_object_get(from, "iterations");
    if (model->compiled->iterations == 0 && json_integer_value(iterations) > 0)
        model->compiled->iterations = json_integer_value(iterations);
    const int legacy = json_is_true(json_object_get(from, "legacy"));
    if (scope == TL_RESUME_MODEL) {
        optimizer->config.legacy = legacy;
        optimizer->config.decay = number_or(from, "decay", 0);
        optimizer->config.schedule_decay =
            number_or(from, "schedule_decay", optimizer->config.schedule_decay);
    } else if (legacy != (optimizer->config.legacy != 0)) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "the state of the optimizer is that of an %s of Keras %s, the model goes on "
                      "with the formulas of its own",
                      class_name, legacy ? "up to 2.10" : "2.11 or later");
    }
}

static tlstm_status take(saved *read, tl_resume_scope scope, tlstm_model *model,
                         tlstm_error **error) {
    const json_t *input = json_object_get(read->state, "input_layer");
    if (scope == TL_RESUME_MODEL && !model->functional && input) {
        tlstm_status status = tl_model_set_input_layer(model, json_string_value(input), error);
        if (status)
            return status;
    }
    model->seed = read->seed;
    model->epochs_seen = (uint64_t)read->epochs;
    model->steps_seen = (uint64_t)read->steps;
    tl_model_reset_states(model);
    if (read->states) {
        model->states = read->states;
        model->state_batch = (size_t)read->state_batch;
        read->states = NULL;
    }
    take_optimizer(read, scope, model);
    return TLSTM_OK;
}

tlstm_status tl_resume_read(tl_h5 *file, tl_resume_scope scope, tlstm_model *model,
                            tlstm_error **error) {
    if (!tl_h5_has(file, TL_RESUME_GROUP))
        return TLSTM_OK;
    saved read = {0};
    tlstm_error *reason = NULL;
    tlstm_status status = read_saved(file, model, &read, &reason);
    if (!status)
        status = take(&read, scope, model, &reason);
    json_decref(read.state);
    tl_free(read.states);
    if (status == TLSTM_ERROR_MEMORY) {
        status = tl_fail_memory(error);
    } else if (status) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "shuffling and dropout do not go on where they stopped: %s: %s",
                      tl_error_where(reason), tl_error_message(reason));
        status = TLSTM_OK;
    }
    tl_error_free(reason);
    return status;
}
