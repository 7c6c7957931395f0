#include "train/update.h"

#include "base/alloc.h"

/* Whether the embedding's slots may wait for a row's next token. */
static int may_be_late(const tl_compiled *compiled, const tl_weight *weight) {
    int may = 1;
    for (size_t s = 0; s < compiled->slot_count; s++)
        may = may && tl_optimizer_may_be_late(compiled->slots[s] + weight->offset, weight->size);
    return may;
}

/* What the embedding needs, where it is trained. */
static int make_for_rows(tl_updater *updater, const tl_weight *weight) {
    if (weight->regularizer) {
        updater->spread = tl_alloc(weight->size, sizeof *updater->spread);
        return updater->spread != NULL;
    }
    if (!tl_engine_numbers_rows(updater->engine) || !may_be_late(updater->model->compiled, weight))
        return 1;
    updater->late.made = tl_alloc_zero(weight->dims[0], sizeof *updater->late.made);
    return updater->late.made != NULL;
}

tlstm_status tl_updater_new(tlstm_model *model, tl_engine *engine, tl_pool *pool,
                            tl_updater *updater, tlstm_error **error) {
    const size_t all = tl_model_weight_count(model);
    tl_updater made = {.model = model, .engine = engine, .pool = pool};
    made.weights = tl_alloc_zero(all, sizeof *made.weights);
    made.at = tl_alloc_zero(all, sizeof *made.at);
    int whole = made.weights && made.at;
    tl_weight_at at;
    for (size_t i = 0; whole && tl_model_weight(model, i, &at); i++) {
        if (!at.layer->trainable)
            continue;
        made.at[made.count++] = at;
        if (at.weight->by_rows)
            whole = make_for_rows(&made, at.weight);
    }
    if (!whole) {
        tl_updater_clear(&made);
        return tl_fail_memory(error);
    }
    *updater = made;
    return TLSTM_OK;
}

void tl_updater_clear(tl_updater *updater) {
    tl_free(updater->weights);
    tl_free(updater->at);
    tl_free(updater->late.made);
    tl_free(updater->spread);
    *updater = (tl_updater){0};
}

static tl_trainable trainable_of(tl_updater *updater, const tl_weight_at *at) {
    const tl_compiled *compiled = updater->model->compiled;
    const tl_weight *weight = at->weight;
    tl_trainable made = {.count = weight->size,
                         .w = at->values,
                         .g = tl_engine_gradient(updater->engine, weight),
                         .occurrence_squares = -1};
    for (size_t s = 0; s < compiled->slot_count; s++)
        made.slots[s] = compiled->slots[s] + weight->offset;
    if (!weight->by_rows)
        return made;
    made.occurrence_squares = tl_engine_row_squares(updater->engine);
    made.width = weight->dims[1];
    if (updater->spread) {
        tl_engine_copy_gradient(updater->engine, weight, updater->spread);
        made.g = updater->spread;
    } else {
        made.rows = tl_engine_rows(updater->engine);
        made.late = updater->late.made ? &updater->late : NULL;
    }
    return made;
}

void tl_updater_step(tl_updater *updater) {
    tl_compiled *compiled = updater->model->compiled;
    for (size_t i = 0; i < updater->count; i++) {
        const tl_weight *weight = updater->at[i].weight;
        updater->weights[i] = trainable_of(updater, &updater->at[i]);
        if (weight->regularizer)
            tl_regularizer_gradient(weight->regularizer, weight->size, updater->at[i].values,
                                    updater->weights[i].g);
    }
    tl_optimizer_apply(&compiled->optimizer, compiled->iterations, updater->weights, updater->count,
                       updater->pool);
    compiled->iterations++;
    updater->model->changes++;
    for (size_t i = 0; i < updater->count; i++) {
        const tl_weight *weight = updater->at[i].weight;
        if (weight->constraint)
            tl_constraint_apply(weight->constraint, weight->ndim, weight->dims,
                                updater->at[i].values);
    }
}

void tl_updater_catch_up(tl_updater *updater) {
    if (updater && updater->late.updates)
        tl_optimizer_catch_up(&updater->model->compiled->optimizer, updater->weights,
                              updater->count, updater->pool);
}
