/*
 * Variables by their place:
 *
 *   /layers/<class>[_k]/vars/<i>        k counts the layers of a class: dense, dense_1
 *   /layers/<class>[_k]/cell/vars/<i>   those of recurrent layers
 *   /optimizer/vars/0                   updates
 *   /optimizer/vars/1                   learning rate: Keras 3, and not where a schedule gives it
 *   /optimizer/vars/<i>                 slots, then Nadam's number
 *   /vars                               the model's own: none
 *   /tinylstm                           what Keras has no place for (resume.c)
 *
 * Each `vars` has the name of its object as an attribute, for people; Keras 3 reads by place.
 */
#include "files/keras_v3.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/keras_layout.h"
#include "files/keras_slots.h"
#include "files/keras_v3_places.h"
#include "files/resume.h"
#include "layers/input.h"

#include <string.h>

#define STATE "/optimizer/vars"

/* ---- Reading weights ---- */

/* What is done with each weight that a layer has in a file. */
typedef tlstm_status use_weight(tl_h5 *file, const char *path, const tl_weight *weight,
                                float *parameters, tlstm_error **error);

static tlstm_status check_weight(tl_h5 *file, const char *path, const tl_weight *weight,
                                 float *parameters, tlstm_error **error) {
    (void)parameters;
    return tl_h5_check(file, path, weight->ndim, weight->dims, error);
}

static tlstm_status read_weight(tl_h5 *file, const char *path, const tl_weight *weight,
                                float *parameters, tlstm_error **error) {
    return tl_h5_read_floats(file, path, weight->ndim, weight->dims, parameters + weight->offset,
                             error);
}

static tlstm_status each_weight(tl_h5 *file, const tl_layer *layer, const char *vars,
                                use_weight *use, float *parameters, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t w = 0; w < layer->weight_count && !status; w++) {
        char *path = NULL;
        status = tl_v3_numbered(vars, w, &path, error);
        if (!status)
            status = use(file, path, &layer->weights[w], parameters, error);
        tl_free(path);
    }
    return status;
}

/* Whether there is one data set more than the layer has weights. */
static tlstm_status check_no_more(tl_h5 *file, const tl_layer *layer, const char *vars,
                                  tlstm_error **error) {
    char *path = NULL;
    tlstm_status status = tl_v3_numbered(vars, layer->weight_count, &path, error);
    if (!status && tl_h5_has(file, path)) {
        tl_fail(error, TLSTM_ERROR_SHAPE, vars, "the layer has %zu weights, the file has more",
                layer->weight_count);
        status = tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
    }
    tl_free(path);
    return status;
}

static tlstm_status check_no_more_layers(tl_h5 *file, const tlstm_model *model,
                                         const tl_layer *layer, const char *next,
                                         tlstm_error **error) {
    if (!tl_v3_is_last_of_class(model, layer) || !tl_h5_has(file, next))
        return TLSTM_OK;
    tl_fail(error, TLSTM_ERROR_SHAPE, next, "the file has more layers of class %s than the model",
            layer->ops->class_name);
    return tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
}

static tlstm_status check_layer(tl_h5 *file, const tlstm_model *model, const tl_layer *layer,
                                tlstm_error **error) {
    char *vars = NULL, *next = NULL;
    tlstm_status status = tl_v3_find_groups(file, model, layer, &vars, &next, error);
    if (!status && !tl_h5_has(file, vars)) {
        tl_fail(error, TLSTM_ERROR_SHAPE, vars,
                "the file has no such group, where the weights of the layer %s would be",
                layer->name);
        status = tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
    }
    if (!status)
        status = each_weight(file, layer, vars, check_weight, NULL, error);
    if (!status)
        status = check_no_more(file, layer, vars, error);
    if (!status)
        status = check_no_more_layers(file, model, layer, next, error);
    tl_free(next);
    tl_free(vars);
    return status;
}

tlstm_status tl_keras_v3_check(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < model->layer_count && !status; i++)
        if (model->layers[i]->weight_count)
            status = check_layer(file, model, model->layers[i], error);
    if (!status && !tl_h5_can_hold(file, tl_model_weight_floats(model)))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, tl_h5_name(file), TL_KERAS_TOO_MANY);
    return status;
}

tlstm_status tl_keras_v3_read(tl_h5 *file, const tlstm_model *model, float *parameters,
                              tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < model->layer_count && !status; i++) {
        const tl_layer *layer = model->layers[i];
        char *vars = NULL, *next = NULL;
        if (!layer->weight_count)
            continue;
        status = tl_v3_find_groups(file, model, layer, &vars, &next, error);
        if (!status)
            status = each_weight(file, layer, vars, read_weight, parameters, error);
        tl_free(next);
        tl_free(vars);
    }
    return status;
}

/* ---- The optimizer's state ---- */

/* How the slots are numbered. */
typedef struct order {
    size_t first; /* number of the first slot: behind the iteration and, maybe, the learning rate */
    size_t slots, weights;
    int interleaved; /* the first two slots, weight by weight */
} order;

static order order_of(const tlstm_model *model, size_t first) {
    const tl_compiled *compiled = model->compiled;
    return (order){first, compiled->slot_count, tl_keras_trainable_count(model),
                   compiled->optimizer.ops->interleaved && compiled->slot_count > 1};
}

static size_t slot_number(const order *numbering, size_t slot, size_t weight) {
    if (numbering->interleaved && slot < 2)
        return numbering->first + 2 * weight + slot;
    return numbering->first + slot * numbering->weights + weight;
}

static tlstm_status each_slot(tl_h5 *file, const tlstm_model *model, const order *numbering,
                              use_weight *use, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t slot = 0; slot < numbering->slots; slot++)
        for (size_t i = 0; i < numbering->weights && !status; i++) {
            char *path = NULL;
            status = tl_v3_numbered(STATE, slot_number(numbering, slot, i), &path, error);
            if (!status)
                status = use(file, path, tl_keras_trainable_weight(model, i),
                             model->compiled->slots[slot], error);
            tl_free(path);
        }
    return status;
}

/* More slots than the optimizer has are another optimizer's. tf_keras's SGD has a momentum even
 * where it is not used, and Nadam a number behind its slots. */
static tlstm_status check_no_more_slots(tl_h5 *file, const order *numbering, tlstm_error **error) {
    char *path = NULL;
    tlstm_status status = tl_v3_numbered(
        STATE, numbering->first + numbering->slots * numbering->weights, &path, error);
    if (!status && numbering->slots && tl_h5_has(file, path) &&
        !tl_h5_has_shape(file, path, 0, NULL))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, path,
                         "more slots than the optimizer has: %zu for %zu "
                         "weights",
                         numbering->slots, numbering->weights);
    tl_free(path);
    return status;
}

static tlstm_status restore(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    double number = 0;
    tlstm_status status = tl_h5_read_number(file, STATE "/0", &number, error);
    if (!status)
        status = tl_keras_set_iterations(model, number, STATE "/0", error);
    if (status)
        return status;
    int has_rate = tl_h5_has_shape(file, STATE "/1", 0, NULL);
    order numbering = order_of(model, has_rate ? 2 : 1);
    if (has_rate && !(status = tl_h5_read_number(file, STATE "/1", &number, error)))
        tl_keras_set_learning_rate(model, number);
    /* Compiled and never trained: Keras makes the slots with the first update. */
    if (!status && model->compiled->iterations == 0 &&
        !tl_h5_has(file, has_rate ? STATE "/2" : STATE "/1"))
        return TLSTM_OK;
    if (!status)
        status = each_slot(file, model, &numbering, check_weight, error);
    if (!status)
        status = check_no_more_slots(file, &numbering, error);
    if (!status)
        status = each_slot(file, model, &numbering, read_weight, error);
    return status;
}

/* ---- The state of an optimizer that the file does not name ---- */

/* Since Keras 3.6 the state has the optimizer's name: RMSprop's is "rmsprop" or "rm_sprop_2". */
static int is_called(const char *name, const char *word) {
    char plain[64] = "";
    for (size_t i = 0; *name && i < sizeof(plain) - 1; name++)
        if (*name != '_' && !(*name >= '0' && *name <= '9'))
            plain[i++] = *name;
    return tl_text_same_word(plain, word);
}

static tlstm_status check_owner(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    char *name = NULL;
    if (!tl_h5_has_attribute(file, STATE, "name"))
        return TLSTM_OK;
    tlstm_status status = tl_h5_read_string(file, STATE, "name", &name, error);
    if (!status && !is_called(name, model->compiled->optimizer.ops->name))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, STATE, "it is that of %.60s", name);
    tl_free(name);
    return status;
}

/* RMSprop's slot are means of squares; another optimizer's of the same shapes are not. */
static tlstm_status check_squares(const tlstm_model *model, tlstm_error **error) {
    const float *squares = model->compiled->slots[0];
    for (size_t i = 0; i < model->parameter_count; i++)
        if (squares[i] < 0)
            return tl_fail(error, TLSTM_ERROR_FORMAT, STATE,
                           "it is another optimizer's: there are no negative squares");
    return TLSTM_OK;
}

static tlstm_status restore_assumed(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    tl_optimizer_config *config = &model->compiled->optimizer.config;
    const double learning_rate = config->learning_rate;
    tlstm_status status = check_owner(file, model, error);
    if (!status)
        status = restore(file, model, error);
    if (!status)
        status = check_squares(model, error);
    if (status)
        config->learning_rate = learning_rate;
    return status;
}

tlstm_status tl_keras_v3_read_state(tl_h5 *file, tlstm_model *model, int assumed,
                                    tlstm_error **error) {
    if (!tl_h5_has(file, STATE "/0")) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, TL_KERAS_NO_STATE);
        return TLSTM_OK;
    }
    tlstm_error *reason = NULL;
    tlstm_status status =
        assumed ? restore_assumed(file, model, &reason) : restore(file, model, &reason);
    return tl_keras_end_restore(model, status, reason, error);
}

/* ---- Weights and state into a model that is there ---- */

/* The state as far as the file has it, in the place of the model's; *old is that. Where it has none
 * that fits, the model's stays, *old is NULL, and a note says why. */
static tlstm_status replace_state(tl_h5 *file, tlstm_model *model, tl_compiled **old,
                                  tlstm_error **error) {
    tlstm_error *reason = NULL;
    tlstm_status status = tl_keras_begin_anew(model, old, error);
    if (status)
        return status;
    status = restore(file, model, &reason);
    if (status) {
        tl_compiled_free(model->compiled);
        model->compiled = *old;
        *old = NULL;
    }
    if (status && status != TLSTM_ERROR_MEMORY)
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "the state of the optimizer stays as it is: %s: %s", tl_error_where(reason),
                      tl_error_message(reason));
    else if (status)
        tl_fail_memory(error);
    else if (!tl_h5_has_shape(file, STATE "/1", 0, NULL) &&
             model->compiled->optimizer.config.decay_steps <= 0)
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, "the file has no learning rate: it stays %g",
                      model->compiled->optimizer.config.learning_rate);
    tl_error_free(reason);
    return status == TLSTM_ERROR_MEMORY ? status : TLSTM_OK;
}

/* As Keras's load_weights(): also the optimizer's state into a compiled model. What belongs to it
 * goes on with it. */
static tlstm_status load_state(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    tl_compiled *old = NULL;
    if (!model->compiled)
        return TLSTM_OK;
    if (!tl_h5_has(file, STATE "/0")) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "the file has no state of the optimizer: it stays as it is");
        return TLSTM_OK;
    }
    tlstm_status status = replace_state(file, model, &old, error);
    if (status || !old)
        return status;
    status = tl_resume_read(file, TL_RESUME_STATE, model, error);
    if (status) {
        tl_compiled *fresh = model->compiled;
        model->compiled = old;
        old = fresh;
    }
    tl_compiled_free(old);
    return status;
}

/* All weights of a layer are of one type: the first stands for them. */
static tlstm_status note_layer(tl_h5 *file, tlstm_model *model, const tl_layer *layer,
                               tlstm_error **error) {
    char *vars = NULL, *next = NULL, *first = NULL;
    tlstm_status status = tl_v3_find_groups(file, model, layer, &vars, &next, error);
    if (!status)
        status = tl_v3_numbered(vars, 0, &first, error);
    if (!status)
        tl_keras_note_precision(model, layer, tl_h5_precision(file, first));
    tl_free(first);
    tl_free(next);
    tl_free(vars);
    return status;
}

tlstm_status tl_keras_v3_note(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < model->layer_count && !status; i++)
        if (model->layers[i]->weight_count)
            status = note_layer(file, model, model->layers[i], error);
    return status;
}

tlstm_status tl_keras_v3_load_weights(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    tlstm_status status = tl_keras_v3_check(file, model, error);
    if (status)
        return status;
    float *parameters = tl_alloc_zero(model->parameter_count, sizeof(*parameters));
    status = parameters ? tl_keras_v3_read(file, model, parameters, error) : tl_fail_memory(error);
    if (!status)
        status = load_state(file, model, error);
    if (!status)
        status = tl_keras_v3_note(file, model, error);
    if (!status) {
        memcpy(model->parameters, parameters, model->parameter_count * sizeof(*parameters));
        model->changes++;
    }
    tl_free(parameters);
    return status;
}

/* ---- Writing ---- */

/* A group of variables, with the name of whose they are. */
static tlstm_status write_vars(tl_h5 *file, const char *path, const char *name,
                               tlstm_error **error) {
    tlstm_status status = tl_h5_write_group(file, path, error);
    return status ? status : tl_h5_write_string(file, path, "name", name, 1, error);
}

static tlstm_status write_weight(tl_h5 *file, const char *path, const tl_weight *weight,
                                 float *parameters, tlstm_error **error) {
    return tl_h5_write_floats(file, path, weight->ndim, weight->dims, parameters + weight->offset,
                              error);
}

static tlstm_status write_layer(tl_h5 *file, const tlstm_model *model, const tl_layer *layer,
                                tlstm_error **error) {
    char *own = NULL, *vars = NULL;
    tlstm_status status = tl_v3_new_groups(model, layer, &own, &vars, error);
    if (!status)
        status = write_vars(file, own, layer->name, error);
    if (!status && layer->ops->cell)
        status = write_vars(file, vars, layer->ops->cell, error);
    if (!status)
        status = each_weight(file, layer, vars, write_weight, model->parameters, error);
    tl_free(vars);
    tl_free(own);
    return status;
}

/* Keras's Sequential does not count its InputLayer among its layers. */
static tlstm_status write_layers(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < model->layer_count && !status; i++)
        if (model->functional || model->layers[i]->ops != &tl_input_layer)
            status = write_layer(file, model, model->layers[i], error);
    return status;
}

static tlstm_status write_scalar(tl_h5 *file, size_t number, double value, tlstm_error **error) {
    float single = (float)value;
    char *path = NULL;
    tlstm_status status = tl_v3_numbered(STATE, number, &path, error);
    if (!status)
        status = tl_h5_write_floats(file, path, 0, NULL, &single, error);
    tl_free(path);
    return status;
}

static tlstm_status write_state(tl_h5 *file, const tlstm_model *model, tlstm_error **error) {
    const tl_compiled *compiled = model->compiled;
    const struct tlstm_optimizer *optimizer = &compiled->optimizer;
    int scheduled = optimizer->config.decay_steps > 0;
    order numbering = order_of(model, scheduled ? 1 : 2);
    tlstm_status status = write_vars(file, STATE, optimizer->ops->name, error);
    if (!status)
        status = tl_h5_write_integer(file, STATE "/0", compiled->iterations, error);
    if (!status && !scheduled)
        status = write_scalar(file, 1, optimizer->config.learning_rate, error);
    if (!status)
        status = each_slot(file, model, &numbering, write_weight, error);
    if (!status && optimizer->ops->keras3_number)
        status = write_scalar(
            file, numbering.first + numbering.slots * numbering.weights,
            optimizer->ops->keras3_number(&optimizer->config, compiled->iterations), error);
    return status;
}

tlstm_status tl_keras_v3_write(const tlstm_model *model, int optimizer, char **bytes,
                               size_t *length, tlstm_error **error) {
    tl_h5 *file = NULL;
    tlstm_status status = tl_h5_create(&file, error);
    if (status)
        return status;
    status = write_layers(file, model, error);
    if (!status && optimizer)
        status = write_state(file, model, error);
    if (!status)
        status = write_vars(file, "/vars", model->name, error);
    if (!status)
        status = tl_resume_write(file, model, error);
    if (!status)
        status = tl_h5_image(file, bytes, length, error);
    tl_h5_close(file);
    return status;
}
