/*
 * Optimizer slots of Keras 1. Their names say nothing (param_0, Variable_12:0). They stand slot by
 * slot, and in a slot in the order of the names of the weights that they belong to, as Keras 1
 * sorts what it trains: dense_1_W before lstm_1_U_c, whatever the order of the layers. They are
 * arrays of the forms in which the weights are in the file.
 */
#include "base/alloc.h"
#include "files/keras_layout.h"
#include "files/keras_slots.h"

#include <stdlib.h>
#include <string.h>

/* An array of the weights that is trained. */
typedef struct trained {
    const char *name; /* in its group */
    size_t layer, array;
    size_t place; /* among those of a slot */
} trained;

typedef struct old_state {
    tl_h5 *file;
    tlstm_model *model;
    tl_keras_layout weights;
    tl_h5_names arrays; /* paths of all slots', in the file's order */
    trained *trained;
    size_t count;
    int counted; /* the file has the number of updates */
} old_state;

static int is_trained(const old_state *old, size_t layer) {
    return tl_keras_layout_layer(old->model, layer)->trainable;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const trained *)a)->name, ((const trained *)b)->name);
}

static int by_layer(const void *a, const void *b) {
    const trained *one = a, *other = b;
    size_t first = one->layer != other->layer ? one->layer : one->array;
    size_t second = one->layer != other->layer ? other->layer : other->array;
    return (first > second) - (first < second);
}

/* The place of each array in the order of names, kept in the order of layers. */
static tlstm_status sort_trained(old_state *old, tlstm_error **error) {
    size_t all = 0;
    for (size_t i = 0; i < old->weights.layers.count; i++)
        all += old->weights.weights[i].count;
    old->trained = tl_alloc_zero(all, sizeof(*old->trained));
    if (!old->trained)
        return tl_fail_memory(error);
    for (size_t i = 0; i < old->weights.layers.count; i++) {
        size_t group = strlen(old->weights.layers.items[i]) + 1;
        const tl_h5_names *arrays = &old->weights.weights[i];
        for (size_t a = 0; a < arrays->count && is_trained(old, i); a++)
            old->trained[old->count++] = (trained){arrays->items[a] + group, i, a, 0};
    }
    qsort(old->trained, old->count, sizeof(*old->trained), by_name);
    for (size_t i = 0; i < old->count; i++)
        old->trained[i].place = i;
    qsort(old->trained, old->count, sizeof(*old->trained), by_layer);
    return TLSTM_OK;
}

/* The one scalar counts the updates; RMSprop's and Adagrad's are not counted. */
static tlstm_status list_arrays(old_state *old, tlstm_error **error) {
    tl_h5_names names = {0};
    tlstm_status status =
        tl_h5_read_names(old->file, TL_KERAS_SLOTS, "weight_names", &names, error);
    if (!status)
        status = tl_h5_names_within(&names, TL_KERAS_SLOTS, error);
    for (size_t i = 0; i < names.count && !status; i++) {
        double updates = 0;
        if (!tl_h5_has_shape(old->file, names.items[i], 0, NULL))
            status = tl_h5_names_add(&old->arrays, names.items[i], error);
        else if (!(status = tl_h5_read_number(old->file, names.items[i], &updates, error))) {
            status = tl_keras_set_iterations(old->model, updates, names.items[i], error);
            old->counted = 1;
        }
    }
    tl_h5_names_clear(&names);
    return status;
}

/* The arrays of one slot that belong to a layer, in the order of its weights. */
static tlstm_status slot_arrays(const old_state *old, size_t slot, size_t layer, tl_h5_names *paths,
                                tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < old->count && !status; i++)
        if (old->trained[i].layer == layer)
            status = tl_h5_names_add(
                paths, old->arrays.items[slot * old->count + old->trained[i].place], error);
    return status;
}

static tlstm_status restore_layer(const old_state *old, size_t slot, size_t number,
                                  tlstm_error **error) {
    const tl_layer *layer = tl_keras_layout_layer(old->model, number);
    tl_h5_names paths = {0};
    tlstm_status status = slot_arrays(old, slot, number, &paths, error);
    if (!status)
        status = tl_keras_check_arrays(old->file, TL_KERAS_SLOTS, layer, &paths, error);
    if (!status)
        status = tl_keras_read_arrays(old->file, layer, &paths, old->model->compiled->slots[slot],
                                      error);
    tl_h5_names_clear(&paths);
    return status;
}

static tlstm_status restore(old_state *old, tlstm_error **error) {
    const size_t slots = old->model->compiled->slot_count;
    tlstm_status status = tl_keras_find_layout(old->file, &old->weights, error);
    if (!status)
        status = sort_trained(old, error);
    if (!status)
        status = list_arrays(old, error);
    if (!status && !old->counted)
        tl_model_note(old->model, TLSTM_NOTE_NOT_RESTORED, TL_KERAS_NO_COUNT);
    if (!status && old->arrays.count < slots * old->count)
        status = tl_fail(error, TLSTM_ERROR_FORMAT, TL_KERAS_SLOTS,
                         "%zu arrays are trained, the file has %zu of %zu slots", old->count,
                         old->arrays.count, slots);
    for (size_t slot = 0; slot < slots; slot++)
        for (size_t i = 0; i < old->weights.layers.count && !status; i++)
            if (is_trained(old, i))
                status = restore_layer(old, slot, i, error);
    return status;
}

tlstm_status tl_keras_read_old_slots(tl_h5 *file, tlstm_model *model, tlstm_error **error) {
    old_state old = {.file = file, .model = model};
    tlstm_error *reason = NULL;
    if (!tl_h5_has(file, TL_KERAS_SLOTS)) {
        tl_model_note(model, TLSTM_NOTE_NOT_RESTORED, TL_KERAS_NO_STATE);
        return TLSTM_OK;
    }
    tlstm_status status = restore(&old, &reason);
    tl_free(old.trained);
    tl_h5_names_clear(&old.arrays);
    tl_keras_clear_layout(&old.weights);
    return tl_keras_end_restore(model, status, reason, error);
}
