#include "train/update.h"

#include "base/alloc.h"

tlstm_status tl_updater_new(tlstm_model *model, tl_updater *updater, tlstm_error **error) {
    const size_t all = tl_model_weight_count(model);
    tl_updater made = {.model = model};
    made.weights = tl_alloc_zero(all, sizeof *made.weights);
    made.at = tl_alloc_zero(all, sizeof *made.at);
    if (!made.weights || !made.at) {
        tl_updater_clear(&made);
        return tl_fail_memory(error);
    }
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        if (at.layer->trainable)
            made.at[made.count++] = at;
    *updater = made;
    return TLSTM_OK;
}

void tl_updater_clear(tl_updater *updater) {
    tl_free(updater->weights);
    tl_free(updater->at);
    *updater = (tl_updater){0};
}

static tl_trainable trainable_of(const tl_updater *updater, const tl_weight_at *at,
                                 tl_engine *engine) {
    const tl_compiled *compiled = updater->model->compiled;
    tl_trainable weight = {.count = at->weight->size,
                           .w = at->values,
                           .g = tl_engine_gradients(engine) + at->weight->offset,
                           .occurrence_squares = -1};
    for (size_t s = 0; s < compiled->slot_count; s++)
        weight.slots[s] = compiled->slots[s] + at->weight->offset;
    if (at->weight->by_rows) {
        weight.occurrence_squares = tl_engine_row_squares(engine);
        weight.rows = tl_engine_rows(engine, &weight.row_count);
        weight.row_width = at->weight->dims[1];
    }
    return weight;
}

void tl_updater_step(tl_updater *updater, tl_engine *engine) {
    tl_compiled *compiled = updater->model->compiled;
    tl_model_penalty_gradient(updater->model, tl_engine_gradients(engine));
    for (size_t i = 0; i < updater->count; i++)
        updater->weights[i] = trainable_of(updater, &updater->at[i], engine);
    tl_optimizer_apply(&compiled->optimizer, compiled->iterations, updater->weights,
                       updater->count);
    compiled->iterations++;
    updater->model->changes++;
    for (size_t i = 0; i < updater->count; i++) {
        const tl_weight *weight = updater->at[i].weight;
        if (weight->constraint)
            tl_constraint_apply(weight->constraint, weight->ndim, weight->dims,
                                updater->at[i].values);
    }
}
