/*
 * The engine: runs a model over batches, forward, and backward where gradients are wanted. It owns
 * the threads, a workspace for each, and the gradients; after it is made it allocates nothing.
 *
 * A batch goes: number the tokens -> make the folded table -> for each shard of tiles: load a tile,
 * forward, loss, backward -> add the shards up -> finish the gradients of what was folded.
 */
#ifndef TL_MODEL_ENGINE_H
#define TL_MODEL_ENGINE_H

#include "base/pool.h"
#include "model/plan.h"

typedef struct tl_engine tl_engine;

/* A batch: rows `order[0..samples)` of x and y, or the first ones where `order` is NULL. All
 * borrowed. */
typedef struct tl_batch {
    size_t samples;
    const size_t *order;
    const int32_t *tokens; /* (all, timesteps), or */
    const float *x;        /* (all, timesteps, features) */
    const float *targets;  /* (all, target_size); NULL without a loss */
    const float *weights;  /* (all) or (all, out_steps); NULL: 1 */
    int weights_by_step;
    const tl_loss_config *loss; /* the model's, prepared for these targets */
    float *states;  /* (samples, state_size) in and out, by position in the batch; NULL: zero */
    float *outputs; /* (samples, out_steps, out_features), by position in the batch; NULL: not
                       wanted */
} tl_batch;

/* The row of x, y and weights that a position of the batch holds. */
static inline size_t tl_batch_row(const tl_batch *batch, size_t position) {
    return batch->order ? batch->order[position] : position;
}

/* What a batch came to. */
typedef struct tl_result {
    double loss; /* of the batch, as Keras reports it, without regularizers */
} tl_result;

/* `pool` is borrowed. `metric_sums` and `metric_counts` of the engine add up over batches until
 * reset. */
tlstm_status tl_engine_new(const tlstm_model *model, const tl_demand *demand, tl_pool *pool,
                           tl_engine **engine, tlstm_error **error);
void tl_engine_free(tl_engine *engine);

/* Shorter sequences than demand.timesteps from now on, or as long ones again. */
void tl_engine_set_timesteps(tl_engine *engine, size_t timesteps);

const tl_plan *tl_engine_plan(const tl_engine *engine);

/* Runs one batch of at most demand.samples. With demand.backward tl_engine_gradient() has the
 * gradients of its loss afterwards. `step` numbers the dropout masks. */
void tl_engine_run(tl_engine *engine, const tl_batch *batch, uint64_t step, tl_result *result);

/* The gradient of a weight in the last batch, which the caller may overwrite. That of an embedding
 * has the rows of tl_engine_rows() only. */
float *tl_engine_gradient(tl_engine *engine, const tl_weight *weight);
/* The same with all rows, those that had no tokens at zero: as large as the weight. */
void tl_engine_copy_gradient(tl_engine *engine, const tl_weight *weight, float *gradient);
/* 1 when the embedding's gradient has rows only for tokens of the batch; tl_engine_rows() then says
 * which, and has no `tokens` otherwise. */
int tl_engine_numbers_rows(const tl_engine *engine);
tl_rows tl_engine_rows(const tl_engine *engine);
/* Squared norm of the embedding's gradient over occurrences of tokens; < 0 where that is not
 * needed. */
double tl_engine_row_squares(const tl_engine *engine);
/* Metrics over the batches since the last reset: `values` receives one mean for each metric. */
void tl_engine_metrics(const tl_engine *engine, double *values);
void tl_engine_reset_metrics(tl_engine *engine);

#endif
