/*
 * Writing optimizer slots into legacy files, in the order and under the names of each generation:
 *
 *   stand-alone Keras   SGD/iterations:0, training/SGD/Variable:0 ...   by position: slot by slot
 *   Keras 2.0 to 2.10   RMSprop/iter:0, RMSprop/lstm/kernel/rms:0 ...
 *   Keras 2.11 on       iteration:0, RMSprop/velocity/lstm/kernel:0 ...
 *   Keras 3             rmsprop/iteration, rmsprop/learning_rate,
 *                       rmsprop/sequential_lstm_lstm_cell_kernel_velocity ...
 *
 * Here and there a Keras keeps what it does not use, and misses it in a file that lacks it.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "files/keras_h5.h"
#include "files/keras_slots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct writer {
    tl_h5 *file;
    const tlstm_model *model;
    const struct tlstm_optimizer *optimizer;
    const tl_keras_target *target;
    int legacy;       /* of the kind up to Keras 2.10, in the file */
    size_t variables; /* of stand-alone Keras so far */
    tl_h5_names names;
} writer;

/* A data set of a slot. */
typedef struct entry {
    const char *slot_name;
    const float *values; /* the slot's block; NULL: zeros */
    const tl_layer *layer;
    const tl_weight *weight;
} entry;

/* ---- Names ---- */

/* "training/Adam/Variable_3:0": a number in order. */
static void format_variable(writer *out, tl_text *name) {
    const char *class_name = out->optimizer->ops->class_name;
    tl_text_format(name, out->variables ? "training/%s/Variable_%zu:0" : "training/%s/Variable:0",
                   class_name, out->variables);
    out->variables++;
}

/* "rmsprop/sequential_lstm_lstm_cell_kernel_velocity" */
static tlstm_status format_keras3(const writer *out, const entry *slot, tl_text *name,
                                  tlstm_error **error) {
    char *weight = NULL;
    tlstm_status status =
        tl_keras_weight_name(out->target, out->model, slot->layer, slot->weight, &weight, error);
    for (char *c = weight; c && *c; c++)
        *c = *c == '/' ? '_' : *c;
    tl_text_format(name, "%s/%s_%s", out->optimizer->ops->name, weight ? weight : "",
                   slot->slot_name);
    tl_free(weight);
    return status;
}

static tlstm_status format_name(writer *out, const entry *slot, tl_text *name,
                                tlstm_error **error) {
    const char *class_name = out->optimizer->ops->class_name;
    const char *layer = slot->layer->name, *weight = slot->weight->name;
    if (out->target->generation == 3)
        return format_keras3(out, slot, name, error);
    if (out->target->stand_alone)
        format_variable(out, name);
    else if (out->legacy)
        tl_text_format(name, "%s/%s/%s/%s:0", class_name, layer, weight, slot->slot_name);
    else
        tl_text_format(name, "%s/%s/%s/%s:0", class_name, slot->slot_name, layer, weight);
    return TLSTM_OK;
}

/* ---- Data sets ---- */

static tlstm_status write_floats(writer *out, const char *name, size_t ndim, const size_t *dims,
                                 const float *values, tlstm_error **error) {
    char *path = tl_text_join(TL_KERAS_SLOTS, name);
    tlstm_status status = path ? tl_h5_names_add(&out->names, name, error) : tl_fail_memory(error);
    if (!status)
        status = tl_h5_write_floats(out->file, path, ndim, dims, values, error);
    tl_free(path);
    return status;
}

static tlstm_status write_entry(writer *out, const entry *slot, tlstm_error **error) {
    tl_text name = {0};
    tlstm_status status = format_name(out, slot, &name, error);
    float *zeros = slot->values ? NULL : tl_alloc_zero(slot->weight->size, sizeof(*zeros));
    if (!status && (name.failed || !(zeros || slot->values)))
        status = tl_fail_memory(error);
    if (!status)
        status = write_floats(out, name.bytes, slot->weight->ndim, slot->weight->dims,
                              zeros ? zeros : slot->values + slot->weight->offset, error);
    tl_free(zeros);
    tl_text_clear(&name);
    return status;
}

static tlstm_status write_number(writer *out, const char *name, double number,
                                 tlstm_error **error) {
    const float single = (float)number;
    return write_floats(out, name, 0, NULL, &single, error);
}

/* ---- Slots ---- */

static const char *const *slot_names(const writer *out) {
    const tl_optimizer_ops *ops = out->optimizer->ops;
    tl_optimizer_config config = out->optimizer->config;
    config.legacy = out->legacy;
    return out->target->generation == 3 && ops->keras3_slot_names ? ops->keras3_slot_names(&config)
                                                                  : ops->slot_names(&config);
}

/* Slots `first` to `last`, weight by weight. */
static tlstm_status write_slots(writer *out, size_t first, size_t last, tlstm_error **error) {
    const tl_compiled *compiled = out->model->compiled;
    const char *const *names = slot_names(out);
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < out->model->layer_count; i++) {
        const tl_layer *layer = out->model->layers[i];
        size_t count = layer->trainable ? layer->weight_count : 0;
        for (size_t w = 0; w < count; w++)
            for (size_t slot = first; slot <= last && !status; slot++) {
                entry one = {names[slot], compiled->slots[slot], layer, &layer->weights[w]};
                status = write_entry(out, &one, error);
            }
    }
    return status;
}

/* SGD has a momentum in stand-alone Keras and in Keras 2.11 to 2.15 even where it is not used. */
static int has_idle_slot(const writer *out) {
    return out->model->compiled->slot_count == 0 && out->target->generation == 2 &&
           (out->target->stand_alone || !out->legacy);
}

static tlstm_status write_all_slots(writer *out, tlstm_error **error) {
    size_t count = out->model->compiled->slot_count, done = 0;
    tlstm_status status = TLSTM_OK;
    if (has_idle_slot(out))
        return write_slots(out, 0, 0, error);
    if (out->optimizer->ops->interleaved && !out->legacy && count > 1) {
        status = write_slots(out, 0, 1, error);
        done = 2;
    }
    for (; done < count && !status; done++)
        status = write_slots(out, done, done, error);
    return status;
}

/* ---- What stands before and behind them ---- */

static int is(const writer *out, const char *class_name) {
    return strcmp(out->optimizer->ops->class_name, class_name) == 0;
}

/* Keras 2.2 does not keep the iterations of those that need them for `decay` alone, but for SGD. */
static int keeps_iterations(const writer *out) {
    return !out->target->stand_alone || is(out, "SGD") || is(out, "Adam") || is(out, "Adamax") ||
           is(out, "Nadam");
}

static tlstm_status write_iterations(writer *out, tlstm_error **error) {
    char name[64], path[96];
    const tl_optimizer_ops *ops = out->optimizer->ops;
    if (!keeps_iterations(out))
        return TLSTM_OK;
    if (out->target->generation == 3)
        snprintf(name, sizeof(name), "%s/iteration", ops->name);
    else if (out->legacy)
        snprintf(name, sizeof(name), out->target->stand_alone ? "%s/iterations:0" : "%s/iter:0",
                 ops->class_name);
    else
        snprintf(name, sizeof(name), "iteration:0");
    snprintf(path, sizeof(path), TL_KERAS_SLOTS "/%s", name);
    tlstm_status status = tl_h5_names_add(&out->names, name, error);
    return status ? status
                  : tl_h5_write_integer(out->file, path, out->model->compiled->iterations, error);
}

/* The product of Nadam's momenta so far: u_t = beta_1 (1 - 0.5 0.96^(schedule_decay t)). */
static double momentum_cache(const writer *out) {
    const tl_optimizer_config *config = &out->optimizer->config;
    double product = 1;
    for (int64_t t = 1; t <= out->model->compiled->iterations && product > 1e-20; t++)
        product *= config->beta_1 * (1 - 0.5 * pow(0.96, config->schedule_decay * (double)t));
    return product;
}

static tlstm_status write_first(writer *out, tlstm_error **error) {
    const tl_optimizer_config *config = &out->optimizer->config;
    char name[64];
    tlstm_status status = write_iterations(out, error);
    if (!status && out->target->generation == 3 && config->decay_steps <= 0) {
        snprintf(name, sizeof(name), "%s/learning_rate", out->optimizer->ops->name);
        status = write_number(out, name, config->learning_rate, error);
    }
    if (!status && out->legacy && !out->target->stand_alone && is(out, "Nadam"))
        status = write_number(out, "Nadam/momentum_cache:0", momentum_cache(out), error);
    return status;
}

/* Stand-alone Keras's Adam has a number for each weight where it has no third slot. */
static tlstm_status write_no_vhats(writer *out, tlstm_error **error) {
    const float zero = 0;
    const size_t dims[] = {1};
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < tl_keras_trainable_count(out->model) && !status; i++) {
        tl_text name = {0};
        format_variable(out, &name);
        status = name.failed ? tl_fail_memory(error)
                             : write_floats(out, name.bytes, 1, dims, &zero, error);
        tl_text_clear(&name);
    }
    return status;
}

static tlstm_status write_last(writer *out, tlstm_error **error) {
    const tl_optimizer_ops *ops = out->optimizer->ops;
    const int64_t iterations = out->model->compiled->iterations;
    char name[64];
    if (out->target->stand_alone && is(out, "Adam") && !out->optimizer->config.amsgrad)
        return write_no_vhats(out, error);
    if (out->target->generation != 3 || !ops->keras3_number)
        return TLSTM_OK;
    snprintf(name, sizeof(name), "%s/variable", ops->name);
    return write_number(out, name, ops->keras3_number(&out->optimizer->config, iterations), error);
}

tlstm_status tl_keras_write_slots(tl_h5 *file, const tlstm_model *model,
                                  const tl_keras_target *target, tlstm_error **error) {
    const struct tlstm_optimizer *optimizer = &model->compiled->optimizer;
    writer out = {.file = file,
                  .model = model,
                  .optimizer = optimizer,
                  .target = target,
                  .legacy = target->generation == 2 && (target->old || optimizer->config.legacy)};
    tlstm_status status = tl_h5_write_group(file, TL_KERAS_SLOTS, error);
    if (!status)
        status = write_first(&out, error);
    if (!status)
        status = write_all_slots(&out, error);
    if (!status)
        status = write_last(&out, error);
    if (!status)
        status = tl_h5_write_names(file, TL_KERAS_SLOTS, "weight_names", &out.names, error);
    tl_h5_names_clear(&out.names);
    return status;
}
