/*
 * Optimizer slots in legacy files. Each generation of Keras has names and an order of its own:
 *
 *   stand-alone Keras   training/RMSprop/Variable_3:0           by position: slot by slot
 *   Keras 2.0 to 2.10   RMSprop/lstm/kernel/rms:0               the slot is the last part
 *   Keras 2.11 on       RMSprop/velocity/lstm/.../kernel:0      the slot is the second part,
 *                       velocity/lstm/.../kernel:0              or the first in a loaded model
 *   Keras 3             rmsprop/sequential_lstm_..._velocity    the slot is the end
 *
 * Reading sorts the data sets by slot, whatever the order of the file, and takes those of a slot
 * for the trainable weights in turn, as Keras does; all shapes must agree.
 */
#include "files/keras_slots.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/resume.h"

#include <string.h>

/* No model trains longer: up to here doubles are exact. */
#define MOST_ITERATIONS 9007199254740992.0

/* ---- Names ---- */

/* The last part of a name, as long as *length says: without ":0". */
static const char *last_part(const char *name, size_t *length) {
    const char *slash = strrchr(name, '/');
    const char *part = slash ? slash + 1 : name, *colon = strrchr(part, ':');
    int numbered = colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")];
    *length = numbered ? (size_t)(colon - part) : strlen(part);
    return part;
}

static int last_part_is(const char *name, const char *word) {
    size_t length = 0;
    const char *part = last_part(name, &length);
    return length == strlen(word) && memcmp(part, word, length) == 0;
}

/* After an underline. */
static int last_part_ends_in(const char *name, const char *word) {
    size_t length = 0, end = strlen(word);
    const char *part = last_part(name, &length);
    return length > end && part[length - end - 1] == '_' &&
           memcmp(part + length - end, word, end) == 0;
}

static int begins_with_part(const char *name, const char *word) {
    size_t length = strlen(word);
    return strncmp(name, word, length) == 0 && name[length] == '/';
}

static int second_part_is(const char *name, const char *word) {
    const char *slash = strchr(name, '/');
    return slash && begins_with_part(slash + 1, word);
}

/*
 * Where the names of a file have the slot. Layers and optimizers may be called as slots are, so
 * that a name by itself can be read in several ways: "v/m/kernel:0" is the v of a layer m, or what
 * an optimizer called v has for m.
 */
typedef struct form {
    int (*has)(const char *name, const char *slot);
    int keras3; /* slots are called as in Keras 3 */
} form;

static const form forms[] = {
    {last_part_is, 0}, {last_part_ends_in, 1}, {begins_with_part, 0}, {second_part_is, 0}};

/* Which slot a name speaks of; TL_MAX_SLOTS: none that the optimizer has. */
static size_t slot_of(const form *how, const struct tlstm_optimizer *optimizer, const char *name) {
    const tl_optimizer_ops *ops = optimizer->ops;
    const tl_optimizer_config *config = &optimizer->config;
    int keras3 = how->keras3 && ops->keras3_slot_names;
    const char *const *names = keras3 ? ops->keras3_slot_names(config) : ops->slot_names(config);
    for (size_t slot = 0; slot < ops->slots(config); slot++)
        if (how->has(name, names[slot]))
            return slot;
    return TL_MAX_SLOTS;
}

/* The form in which each slot has a name for each of `count` weights; where there is none, the
 * first in which any name has a slot; NULL: names say no slot. */
static const form *form_of(const tl_h5_names *names, const struct tlstm_optimizer *optimizer,
                           size_t count) {
    const form *some = NULL;
    const size_t slots = optimizer->ops->slots(&optimizer->config);
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        size_t found[TL_MAX_SLOTS + 1] = {0}, whole = 0;
        for (size_t i = 0; i < names->count; i++)
            found[slot_of(&forms[f], optimizer, names->items[i])]++;
        for (size_t slot = 0; slot < slots; slot++)
            whole += found[slot] == count;
        if (slots && whole == slots)
            return &forms[f];
        if (!some && found[TL_MAX_SLOTS] < names->count)
            some = &forms[f];
    }
    return some;
}

static int is_counter(const char *name) {
    return last_part_is(name, "iteration") || last_part_is(name, "iterations") ||
           last_part_is(name, "iter");
}

/* ---- Reading ---- */

/* What is being restored: `paths[slot]` has the data sets of a slot in the file's order. */
typedef struct state {
    tl_h5 *file;
    tlstm_model *model;
    tl_h5_names paths[TL_MAX_SLOTS];
    tl_h5_names arrays; /* names of all that is no scalar */
    int counted;        /* the number of updates was among the scalars */
} state;

size_t tl_keras_trainable_count(const tlstm_model *model) {
    size_t count = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        count += model->layers[i]->trainable ? model->layers[i]->weight_count : 0;
    return count;
}

const tl_weight *tl_keras_trainable_weight(const tlstm_model *model, size_t number) {
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        size_t count = layer->trainable ? layer->weight_count : 0;
        if (number < count)
            return &layer->weights[number];
        number -= count;
    }
    return NULL;
}

tlstm_status tl_keras_set_iterations(tlstm_model *model, double number, const char *path,
                                     tlstm_error **error) {
    if (!(number >= 0 && number <= MOST_ITERATIONS))
        return tl_fail(error, TLSTM_ERROR_FORMAT, path, "not a number of updates");
    model->compiled->iterations = (int64_t)number;
    return TLSTM_OK;
}

void tl_keras_set_learning_rate(tlstm_model *model, double number) {
    tl_optimizer_config *config = &model->compiled->optimizer.config;
    /* The schedule, not its present value, is what a scheduled optimizer goes on with. The file's
     * number is a float, the configuration's may say more digits of the same. */
    if (config->decay_steps <= 0 && (float)config->learning_rate != (float)number)
        config->learning_rate = number;
}

/* Scalars: the number of updates, Keras 3's learning rate, and what some optimizers keep besides.
 */
static tlstm_status read_scalar(state *restored, const char *name, const char *path,
                                tlstm_error **error) {
    double number = 0;
    tlstm_status status = tl_h5_read_number(restored->file, path, &number, error);
    if (status)
        return status;
    restored->counted |= is_counter(name);
    if (is_counter(name))
        return tl_keras_set_iterations(restored->model, number, path, error);
    if (last_part_is(name, "learning_rate"))
        tl_keras_set_learning_rate(restored->model, number);
    return TLSTM_OK;
}

static tlstm_status read_name(state *restored, const char *name, tlstm_error **error) {
    char *path = tl_text_join(TL_KERAS_SLOTS, name);
    if (!path)
        return tl_fail_memory(error);
    tlstm_status status = tl_h5_has_shape(restored->file, path, 0, NULL)
                              ? read_scalar(restored, name, path, error)
                              : tl_h5_names_add(&restored->arrays, name, error);
    tl_free(path);
    return status;
}

static tlstm_status read_names(state *restored, tlstm_error **error) {
    tl_h5_names names = {0};
    tlstm_status status =
        tl_h5_read_names(restored->file, TL_KERAS_SLOTS, "weight_names", &names, error);
    for (size_t i = 0; i < names.count && !status; i++)
        status = read_name(restored, names.items[i], error);
    tl_h5_names_clear(&names);
    return status;
}

/* Names that say no slot: the first trainable weights' number of data sets are the first slot's. */
static tlstm_status sort_arrays(state *restored, size_t count, tlstm_error **error) {
    const struct tlstm_optimizer *optimizer = &restored->model->compiled->optimizer;
    const form *how = form_of(&restored->arrays, optimizer, count);
    const size_t slots = restored->model->compiled->slot_count;
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < restored->arrays.count && !status; i++) {
        const char *name = restored->arrays.items[i];
        size_t slot = how ? slot_of(how, optimizer, name) : i / count;
        if (slot < slots)
            status = tl_h5_names_add(&restored->paths[slot], name, error);
    }
    for (size_t slot = 0; slot < slots && !status; slot++)
        status = tl_h5_names_within(&restored->paths[slot], TL_KERAS_SLOTS, error);
    return status;
}

static tlstm_status check_slot(const state *restored, size_t slot, size_t count,
                               tlstm_error **error) {
    const tl_h5_names *paths = &restored->paths[slot];
    if (paths->count != count)
        return tl_fail(error, TLSTM_ERROR_FORMAT, TL_KERAS_SLOTS,
                       "%zu weights are trained, the file has %zu data sets of slot %zu", count,
                       paths->count, slot);
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const tl_weight *weight = tl_keras_trainable_weight(restored->model, i);
        status = tl_h5_check(restored->file, paths->items[i], weight->ndim, weight->dims, error);
    }
    return status;
}

static tlstm_status read_slot(const state *restored, size_t slot, size_t count,
                              tlstm_error **error) {
    float *values = restored->model->compiled->slots[slot];
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const tl_weight *weight = tl_keras_trainable_weight(restored->model, i);
        status = tl_h5_read_floats(restored->file, restored->paths[slot].items[i], weight->ndim,
                                   weight->dims, values + weight->offset, error);
    }
    return status;
}

/* A model that was compiled and never trained has no slots yet in some files. */
static int never_trained(const state *restored) {
    return restored->arrays.count == 0 && restored->model->compiled->iterations == 0;
}

static tlstm_status restore(state *restored, tlstm_error **error) {
    const size_t slots = restored->model->compiled->slot_count;
    const size_t count = tl_keras_trainable_count(restored->model);
    tlstm_status status = read_names(restored, error);
    if (!status && !restored->counted && !tl_h5_has(restored->file, TL_RESUME_GROUP))
        tl_model_note(restored->model, TLSTM_NOTE_NOT_RESTORED, TL_KERAS_NO_COUNT);
    if (status || !count || never_trained(restored))
        return status;
    status = sort_arrays(restored, count, error);
    for (size_t slot = 0; slot < slots && !status; slot++)
        status = check_slot(restored, slot, count, error);
    for (size_t slot = 0; slot < slots && !status; slot++)
        status = read_slot(restored, slot, count, error);
    return status;
}

tlstm_status tl_keras_begin_anew(tlstm_model *model, tl_compiled **replaced, tlstm_error **error) {
    tl_compiled *old = model->compiled;
    model->compiled = NULL;
    tlstm_status status = tl_model_compile(model, &old->optimizer, &old->loss, old->metrics,
                                           old->metric_count, error);
    if (status)
        model->compiled = old;
    else
        *replaced = old;
    return status;
}

tlstm_status tl_keras_end_restore(tlstm_model *model, tlstm_status status, tlstm_error *reason,
                                  tlstm_error **error) {
    if (status == TLSTM_ERROR_MEMORY) {
        status = tl_fail_memory(error);
    } else if (status) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED,
                      "the state of the optimizer is not restored: %s: %s", tl_error_where(reason),
                      tl_error_message(reason));
        tl_compiled *failed = NULL;
        status = tl_keras_begin_anew(model, &failed, error);
        tl_compiled_free(failed);
    }
    /* So that dropout draws masks it has not drawn yet. */
    if (!status)
        model->steps_seen = (uint64_t)model->compiled->iterations;
    tl_error_free(reason);
    return status;
}

tlstm_status tl_keras_read_slots(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    if (!tl_h5_has(file, TL_KERAS_SLOTS)) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, TL_KERAS_NO_STATE);
        return TLSTM_OK;
    }
    state restored = {.file = file, .model = model};
    tlstm_error *reason = NULL;
    tlstm_status status = restore(&restored, &reason);
    for (size_t slot = 0; slot < TL_MAX_SLOTS; slot++)
        tl_h5_names_clear(&restored.paths[slot]);
    tl_h5_names_clear(&restored.arrays);
    return tl_keras_end_restore(model, status, reason, error);
}
